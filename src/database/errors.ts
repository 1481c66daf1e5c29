import { DatabaseError } from 'pg';

/** What to do about a failure while applying commands (D1). */
export type Failure =
  /** The database is away, busy or asked for another try: the same work will succeed later. */
  | 'transient'
  /** Somebody holds a row for too long: other builds need not wait for it. */
  | 'locked'
  /** Trying the same work again changes nothing. */
  | 'permanent';

/** SQLSTATE classes and codes that a later try may not meet again. */
const TRANSIENT = /^(08...|40001|40P01|53...|57P0.|57014|55006|25006|25P0[34])$/;
const LOCK_NOT_AVAILABLE = '55P03';

/** Network and pool failures that node-pg and TypeORM report without an SQLSTATE. */
const CONNECTION =
  /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connection terminated|timeout exceeded|timeout expired|Client has encountered a connection error|Client was closed|not queryable|Query read timeout|Cannot use a pool after|Driver not Connected|server closed the connection|Query runner already released/i;

/**
 * Sorts an error by what a retry can do about it.
 *
 * 57014 (statement timeout) and 25P03 (idle in transaction) mean a slow or stopped process, 25006 a standby that was
 * not promoted yet: all pass by themselves.
 */
export function classifyFailure(error: unknown): Failure {
  const { code, message, errors, fromServer } = unwrap(error);
  if (code === LOCK_NOT_AVAILABLE) return 'locked';
  if (code !== undefined && TRANSIENT.test(code)) return 'transient';
  // What the server says may quote the data, and data must not pass for an outage: it would be retried for ever.
  if (fromServer) return 'permanent';
  if (CONNECTION.test(`${code ?? ''} ${message}`)) return 'transient';
  // Node tries several addresses of a host and reports them together.
  if (errors.some((inner) => classifyFailure(inner) === 'transient')) return 'transient';
  return 'permanent';
}

interface Facts {
  readonly code: string | undefined;
  readonly message: string;
  readonly errors: readonly unknown[];
  /** The server answered, and this is its answer. */
  readonly fromServer: boolean;
}

function unwrap(error: unknown): Facts {
  if (!(error instanceof Error)) return { code: undefined, message: String(error), errors: [], fromServer: false };
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (driverError instanceof Error) return unwrap(driverError);
  return {
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
    errors: error instanceof AggregateError ? (error.errors as unknown[]) : [],
    fromServer: error instanceof DatabaseError,
  };
}

/** What went wrong, on one line: Node leaves the message empty when it tried several addresses of a host. */
export function describeFailure(error: unknown): string {
  const { code, message, errors } = unwrap(error);
  const inner = [...new Set(errors.map(describeFailure))].join('; ');
  return message || inner || code || 'unknown error';
}
