import type { NoticeFacts } from '../notice';
import { toSeconds } from './wire-words';

/** A commit as other services know it: all keys, also when a build has none. */
export function commitPayload(commit: NoticeFacts['commit']) {
  return {
    id: commit?.id ?? null,
    sha: commit?.sha ?? null,
    branch: commit?.branch ?? null,
    message: commit?.message ?? null,
    committed_at: toSeconds(commit?.committed_at ?? null),
    author_name: commit?.author_name ?? null,
    author_email: commit?.author_email ?? null,
    committer_name: commit?.committer_name ?? null,
    committer_email: commit?.committer_email ?? null,
    compare_url: commit?.compare_url ?? null,
  };
}
