import type { DeliveryOutcome, Notice } from '../../channel';
import { limitIn, outcomeOfAnswer } from './answers';
import type { CheckRun } from './check-run';
import { chooseRun, type KnownRun } from './domain/choose-run';
import { readRestartMark } from './domain/restart-mark';
import { repositoryPath, type Answer, type GithubApi } from './github-api';

/** Few, because each run brings its text along, and no answer is read without end. */
const PER_PAGE = 30;
/** GitHub lists no more than 1,000 check runs of a commit. */
const MOST_PAGES = 34;
const UNKNOWN_APP = 'GitHub does not know the app: check GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.';
const NOT_ALLOWED =
  'does not let the app set check runs here: install it for the repository, with the permission "Checks: read and write"';

/** What a check run is told with. */
export interface CheckCall {
  readonly api: GithubApi;
  readonly installation: number;
  /** Only runs of this app are looked at, when its number is known: others may use the same names. */
  readonly appId: string;
  readonly signal: AbortSignal;
}

/** The part of GitHub's answer that counts. */
interface ListedRun {
  readonly id: number;
  readonly external_id: string | null;
  readonly status: string;
  readonly output?: { readonly text?: string | null };
}

/**
 * Creates or updates the check run of a build. Whether there is one is asked each time: so a run is also there when its
 * first event was lost, and a repeat after a crash makes no second one.
 *
 * @throws whatever kept an answer from coming
 */
export async function tellCheck(notice: Notice, run: CheckRun, call: CheckCall): Promise<DeliveryOutcome> {
  const known = await listRuns(notice, run, call);
  if ('answer' in known) return outcome(known.answer);
  const choice = chooseRun(known.runs, {
    completed: run.status === 'completed',
    restartedAt: notice.event.snapshot.build.restarted_at,
  });
  if (choice.kind === 'outdated') return { kind: 'dropped', reason: choice.reason };
  const answer =
    choice.kind === 'create' ? await create(notice, run, call) : await update(notice, run, choice.id, call);
  const expected = choice.kind === 'create' ? 201 : 200;
  return answer.status === expected ? { kind: 'delivered', code: expected } : outcome(answer);
}

function create({ facts }: Notice, run: CheckRun, { api, installation, signal }: CheckCall): Promise<Answer> {
  const route = `POST ${repositoryPath(facts)}/check-runs`;
  return api.sendAsInstallation(installation, { route, parameters: { ...run }, signal });
}

function update(
  { facts }: Notice,
  run: CheckRun,
  id: number,
  { api, installation, signal }: CheckCall,
): Promise<Answer> {
  const { head_sha: _kept, ...changes } = run;
  const route = `PATCH ${repositoryPath(facts)}/check-runs/{check_run_id}`;
  return api.sendAsInstallation(installation, { route, parameters: { ...changes, check_run_id: id }, signal });
}

/** All runs of the build. */
async function listRuns(
  { facts }: Notice,
  { name, head_sha: ref, external_id }: CheckRun,
  { api, installation, appId, signal }: CheckCall,
): Promise<{ readonly runs: readonly KnownRun[] } | { readonly answer: Answer }> {
  const route = `GET ${repositoryPath(facts)}/commits/{ref}/check-runs`;
  const filter = { check_name: name, filter: 'all', ...(/^\d+$/.test(appId) && { app_id: Number(appId) }) };
  const runs: ListedRun[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const parameters = { ref, ...filter, per_page: PER_PAGE, page };
    const answer = await api.sendAsInstallation(installation, { route, parameters, signal });
    const listed = (answer.data as { check_runs?: readonly ListedRun[] } | undefined)?.check_runs;
    if (answer.status >= 300 || !Array.isArray(listed)) return { answer };
    runs.push(...(listed as readonly ListedRun[]));
    if (listed.length < PER_PAGE) break;
  }
  return {
    runs: runs
      .filter((run) => run.external_id === external_id)
      .map(({ id, status, output }) => ({
        id,
        completed: status === 'completed',
        restartedAt: readRestartMark(output?.text ?? null),
      })),
  };
}

function outcome(answer: Answer): DeliveryOutcome {
  const afterMs = limitIn(answer, Date.now());
  const { status: code, text: response } = answer;
  if (afterMs !== undefined) return { kind: 'retry', reason: 'GitHub was asked too often.', afterMs, code, response };
  // Its key may be corrected, and a new token is sometimes known too late.
  if (code === 401) return { kind: 'retry', reason: UNKNOWN_APP, code, response };
  if ([403, 404].includes(code)) return outcomeOfAnswer(answer, NOT_ALLOWED);
  return outcomeOfAnswer(
    answer,
    code === 422 ? 'does not take the check run' : 'gives an answer that is none of its own: check GITHUB_API_URL',
  );
}
