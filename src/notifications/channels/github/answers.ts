import { outcomeOfResponse, readRetryAfter, type DeliveryOutcome } from '../../channel';
import { limitOf } from './domain/rate-limit';
import type { Answer } from './github-api';

/**
 * What an answer of GitHub comes to that was not the one hoped for.
 *
 * @param problem why it will never work, if it will not: fits behind "GitHub "
 */
export function outcomeOfAnswer(answer: Answer, problem: string): DeliveryOutcome {
  const { status, headers, text } = answer;
  const outcome = outcomeOfResponse({ status, headers, text, bodySent: true }, new Date());
  if (outcome.kind === 'retry') return { ...outcome, reason: `GitHub answered with status ${status}, which may pass.` };
  return {
    kind: 'rejected',
    code: status,
    response: text,
    reason: `GitHub ${problem}.${text === '' ? '' : ` It says: ${text}`}`,
  };
}

/** How long GitHub wants to be left alone, in milliseconds; undefined when the answer is not about a limit. */
export function limitIn({ status, headers, text }: Answer, nowMs: number): number | undefined {
  const retryAfterMs = readRetryAfter(headers['retry-after'], new Date(nowMs));
  return limitOf({ status, headers, message: text }, nowMs, retryAfterMs);
}
