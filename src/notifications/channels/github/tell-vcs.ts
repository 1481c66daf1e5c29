import { outcomeOfPost, type DeliveryOutcome, type HttpClient, type Notice } from '../../channel';
import { shaOf } from './about';
import type { CommitStatus } from './commit-status';

const TIMEOUT_MS = 15_000;

/** The travis-vcs service of a Travis installation. */
export interface Vcs {
  readonly url: string;
  readonly token: string;
}

/** Has travis-vcs set a commit status on another host than GitHub (notifications.md §2). */
export function tellVcs(
  http: HttpClient,
  { url, token }: Vcs,
  notice: Notice,
  payload: CommitStatus,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { repository, build } = notice.facts;
  const body = { vcs_type: repository.vcs_type, commit: shaOf(notice), payload, pr_number: build.pull_request_number };
  const headers = { Authorization: `token ${token}`, 'Content-Type': 'application/json' };
  return outcomeOfPost(
    () =>
      http.post(`${url}/repos/${encodeURIComponent(repository.vcs_id ?? '')}/status`, {
        headers,
        body: JSON.stringify(body),
        signal,
        timeoutMs: TIMEOUT_MS,
      }),
    () => [token],
  );
}
