import type { DeliveryOutcome } from '../../channel';
import { limitIn, outcomeOfAnswer } from './answers';
import type { Answer } from './github-api';
import type { TokenMemory } from './token-memory';

/** Somebody in whose name GitHub can be told. */
export interface Teller {
  /** Shown to people, e.g. `the app` or `rkh`. */
  readonly name: string;
  /** What {@link TokenMemory} knows it by. */
  readonly key: string;
  /** The app does not stop at a commit that takes no more statuses; users do (notifications.md §2). */
  readonly kind: 'app' | 'user';
  send(): Promise<Answer>;
}

/** Of those who were refused within the hour so many are asked once more when nobody else could tell. */
const MOST_REFUSED = 3;
/** An answer that GitHub gives to what it has taken. */
const CREATED = 201;

/**
 * Tells GitHub in the name of the first who may (notifications.md §2): whoever is refused (401, 403, 404; the app also
 * 422) makes room for the next. Those who have asked too often are left alone for a while. Those who were refused less than an
 * hour ago come last, and not many of them: it may have been another repository that refused them.
 *
 * @param nowMs a clock, in milliseconds since 1970
 * @throws whatever kept an answer from coming
 */
export async function tellStatus(
  tellers: Iterable<Teller>,
  memory: TokenMemory,
  nowMs: () => number,
): Promise<DeliveryOutcome> {
  const refusals: string[] = [];
  let last: Answer | undefined;
  let soonestMs = Infinity;
  let appUnknown = false;
  for (const teller of inTurn(tellers, memory)) {
    const rest = memory.restOf(teller.key);
    if (rest?.why === 'limited') {
      soonestMs = Math.min(soonestMs, rest.untilMs);
      refusals.push(`${teller.name}: asked too often`);
      continue;
    }
    const answer = await teller.send();
    if (answer.status === CREATED) return { kind: 'delivered', code: CREATED };
    last = answer;
    const waitMs = limitIn(answer, nowMs());
    if (waitMs !== undefined) {
      memory.limited(teller.key, waitMs);
      soonestMs = Math.min(soonestMs, nowMs() + waitMs);
      refusals.push(`${teller.name}: asked too often`);
    } else if (answer.status === 422 && teller.kind === 'user') {
      return outcomeOfAnswer(answer, 'takes no status for this commit and context; it keeps at most 1,000 of them');
    } else if ([401, 403, 404, 422].includes(answer.status)) {
      // 404 may be about this one repository only.
      if (teller.kind === 'user' && answer.status !== 404) memory.refused(teller.key);
      if (teller.kind === 'app' && answer.status === 401) appUnknown = true;
      refusals.push(`${teller.name}: ${answer.status} ${answer.text}`.trim());
    } else {
      return outcomeOfAnswer(answer, 'gives an answer that is none of its own: check GITHUB_API_URL');
    }
  }
  const asked = { ...(last && { code: last.status, response: last.text }) };
  const reason = `GitHub takes it from nobody: ${refusals.join('; ')}.`;
  if (soonestMs !== Infinity) return { kind: 'retry', reason, afterMs: Math.max(soonestMs - nowMs(), 0), ...asked };
  // Its key may be corrected, and a new token is sometimes known too late.
  return appUnknown ? { kind: 'retry', reason, ...asked } : { kind: 'rejected', reason, ...asked };
}

/** Everybody who was not refused lately, then some of those who were. */
function* inTurn(tellers: Iterable<Teller>, memory: TokenMemory): Iterable<Teller> {
  const refused: Teller[] = [];
  for (const teller of tellers) {
    if (memory.restOf(teller.key)?.why === 'refused') refused.push(teller);
    else yield teller;
  }
  yield* refused.slice(0, MOST_REFUSED);
}
