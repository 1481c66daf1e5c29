import { HttpException } from '@nestjs/common';
import { classifyFailure } from '../../database/errors';
import { Problem, type ProblemName } from './problem';

/** Seconds after which a caller may try again when the database is away. */
const RETRY_AFTER_S = '5';

const BY_STATUS: Readonly<Record<number, ProblemName>> = {
  400: 'malformed-body',
  404: 'not-found',
  413: 'body-too-large',
  415: 'unsupported-media-type',
};

/**
 * Finds the problem that tells a caller about an error without telling what Hub is made of.
 *
 * The order matters: what Hub threw on purpose first, then what the HTTP layer found, then the database, and last the
 * unexpected, which the caller cannot mend.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = httpStatus(error);
  if (status !== undefined && status < 500) return httpProblem(status, error);
  if (classifyFailure(error) !== 'permanent') return unavailable('The database does not answer in time.', error);
  const code = sqlState(error);
  if (code === '23505') return conflictOfWriters(error);
  // Data exceptions and limits: a value passed our checks and still fits no column.
  if (code?.startsWith('22') || code?.startsWith('54')) return unstorable(error);
  return new Problem('internal-error', {
    detail: 'The request failed inside Hub. Its log says why; look for this time and path.',
    cause: error,
  });
}

/** The problem of a server that is stopping or has lost its database; the same request will work later. */
export function unavailable(what: string, cause?: unknown): Problem {
  return new Problem('unavailable', {
    detail: `${what} Try again after ${RETRY_AFTER_S} seconds.`,
    headers: { 'Retry-After': RETRY_AFTER_S },
    cause,
  });
}

function httpProblem(status: number, error: unknown): Problem {
  const name = BY_STATUS[status] ?? 'malformed-body';
  return new Problem(name, { detail: HTTP_DETAILS[name] ?? messageOf(error), cause: error });
}

const HTTP_DETAILS: Partial<Record<ProblemName, string>> = {
  'body-too-large': 'The body is larger than this server accepts. Send less, or raise HUB_HTTP_BODY_LIMIT.',
  'unsupported-media-type': 'Send JSON with the header "Content-Type: application/json", encoded as UTF-8.',
};

function conflictOfWriters(error: unknown): Problem {
  return new Problem('conflict', {
    detail: 'Somebody else created the same at this moment. Send the request again.',
    cause: error,
  });
}

function unstorable(error: unknown): Problem {
  return new Problem('invalid-request', {
    detail: 'A value of the request is too large for the database, or holds text that it cannot keep.',
    cause: error,
  });
}

/** Errors of Nest carry their status in a method, those of the body parser in a property. */
function httpStatus(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { status?: unknown } | null | undefined)?.status;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function sqlState(error: unknown): string | undefined {
  const { code, driverError } = (error ?? {}) as { code?: unknown; driverError?: unknown };
  if (driverError !== undefined) return sqlState(driverError);
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
