import type { DeliveryOutcome } from '../contracts/delivery';
import { RequestRefused } from '../http/errors';
import type { HttpResponse } from '../http/guarded-http';
import { redact } from '../http/redact';
import { LONGEST_URL } from '../http/hop';
import { readRetryAfter } from '../http/retry-after';
import type { Refusal } from './domain/refusal';

/** How much of a receiver's answer is kept for people who look into a failure, in characters. */
const KEPT_RESPONSE = 200;
/** So much of it is searched for secrets: no secret that begins in what is kept is longer than a url. */
const LOOKED_AT = KEPT_RESPONSE + LONGEST_URL;

/** Client errors that say "not now" rather than "never". */
const RETRIED_4XX: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Sends a POST and says what came of it, by the one rule for all HTTP channels: 2xx is delivered; 408, 425, 429, 5xx
 * and whatever kept the answer from coming are tried again; everything else will never work.
 *
 * @param send the request.
 * @param secrets removed from everything that is kept of the answer; asked for only when something is.
 * @param refusalOf what an answer says in words that count for more than its status; without secrets.
 */
export async function outcomeOfPost(
  send: () => Promise<HttpResponse>,
  secrets: () => readonly string[] = () => [],
  refusalOf: (answer: HttpResponse) => Refusal | undefined = () => undefined,
): Promise<DeliveryOutcome> {
  try {
    const answer = await send();
    const outcome = outcomeOfResponse(answer, new Date(), secrets);
    const refusal = refusalOf(answer);
    return refusal === undefined ? outcome : { ...outcome, ...refusal };
  } catch (error) {
    return outcomeOfFailure(error, secrets);
  }
}

/** What an error of a request or connection means: what was refused never works, all else may work later. */
export function outcomeOfFailure(error: unknown, secrets: () => readonly string[] = () => []): DeliveryOutcome {
  const message = error instanceof Error ? error.message : 'The request failed for an unknown reason.';
  return { kind: error instanceof RequestRefused ? 'rejected' : 'retry', reason: redact(message, secrets()) };
}

/** @param now the time that a `Retry-After` date is counted from. */
export function outcomeOfResponse(
  answer: HttpResponse,
  now: Date,
  secrets: () => readonly string[] = () => [],
): DeliveryOutcome {
  const { status: code } = answer;
  const response = answer.text === '' ? '' : redact(answer.text.slice(0, LOOKED_AT), secrets()).slice(0, KEPT_RESPONSE);
  if (code >= 200 && code < 300) {
    const note = answer.bodySent ? '' : '(redirected: the last request was a GET without the payload) ';
    return { kind: 'delivered', code, response: note + response };
  }
  if (RETRIED_4XX.has(code) || code >= 500) {
    const afterMs = readRetryAfter(answer.headers['retry-after'], now);
    const reason = `The receiver answered with status ${code}, which may pass: it is tried again.`;
    return { kind: 'retry', reason, code, response, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return { kind: 'rejected', reason: explainRejection(code), code, response };
}

function explainRejection(code: number): string {
  const start = `The receiver answered with status ${code}`;
  if (code === 401 || code === 403) return `${start}: check the credentials in the target.`;
  if (code === 404 || code === 410) return `${start}: nobody receives there any more; correct or remove the target.`;
  if (code < 400) return `${start}, a redirect that leads nowhere: use the url it should lead to.`;
  return `${start}, so it does not accept this notice: see its response.`;
}
