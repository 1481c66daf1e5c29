import type { DeliveryOutcome } from '../contracts/delivery';
import { RequestRefused } from './errors';
import type { HttpResponse } from './guarded-http';
import { redact } from './redact';
import { readRetryAfter } from './retry-after';

/** How much of a service's answer is kept for people who look into a failure, in characters. */
const KEPT_RESPONSE = 200;

/** Client errors that say "not now" rather than "never". */
const RETRIED_4XX: ReadonlySet<number> = new Set([408, 425, 429]);

/** A service of the operator's, as far as its failures have to be explained. */
export interface Service {
  /** How people call it. */
  readonly name: string;
  /** The variable that holds its address. */
  readonly variable: string;
  /** Answers that say that Hub is configured wrongly, with what to do: tried again, because that gets mended. */
  readonly misconfigured: Readonly<Record<number, string>>;
  /** Answers that will always be the same, explained. */
  readonly final: Readonly<Record<number, string>>;
  /** Removed from all that is kept. */
  readonly secrets: readonly string[];
}

/**
 * Sends a request to a service and says what came of it. Unlike a receiver that a user named, a service is there for good:
 * whatever may be the operator's mistake is tried again, and only what is wrong with the request itself is final.
 */
export async function outcomeOfRequest(service: Service, send: () => Promise<HttpResponse>): Promise<DeliveryOutcome> {
  try {
    return outcomeOfAnswer(service, await send(), new Date());
  } catch (error) {
    const reason = redact(error instanceof Error ? error.message : 'The request failed.', service.secrets);
    return { kind: error instanceof RequestRefused ? 'rejected' : 'retry', reason: `${service.name}: ${reason}` };
  }
}

/** @param now the time that a `Retry-After` date is counted from */
export function outcomeOfAnswer(service: Service, answer: HttpResponse, now: Date): DeliveryOutcome {
  const { status: code } = answer;
  if (code >= 200 && code < 300) return { kind: 'delivered', code };
  const { kind, what } = explain(service, code);
  const reason = `${service.name} answered with status ${code}: ${what}`;
  const response = redact(answer.text, service.secrets).slice(0, KEPT_RESPONSE);
  const afterMs = readRetryAfter(answer.headers['retry-after'], now);
  return { kind, reason, code, response, ...(kind === 'retry' && afterMs !== undefined && { afterMs }) };
}

function explain(
  { variable, misconfigured, final }: Service,
  code: number,
): { kind: 'retry' | 'rejected'; what: string } {
  const mistake = misconfigured[code];
  if (mistake !== undefined) return { kind: 'retry', what: mistake };
  const end = final[code];
  if (end !== undefined) return { kind: 'rejected', what: end };
  if (code < 400) {
    return { kind: 'retry', what: `redirects are not followed: set ${variable} to the address it leads to.` };
  }
  if (code >= 500 || RETRIED_4XX.has(code)) return { kind: 'retry', what: 'that may pass, so it is tried again.' };
  return { kind: 'rejected', what: 'it does not take this request, and never will; see its response.' };
}
