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

/** Network and pool failures that node-pg reports without an SQLSTATE. */
const CONNECTION =
  /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connection terminated|timeout exceeded|timeout expired|Client has encountered a connection error|Client was closed|not queryable|Query read timeout|Cannot use a pool after|Driver not Connected|server closed the connection/i;

/**
 * Sorts an error by what a retry can do about it.
 *
 * 57014 (statement timeout) and 25P03 (idle in transaction) mean a slow or stopped process, 25006 a standby that was
 * not promoted yet: all pass by themselves.
 */
export function classifyFailure(error: unknown): Failure {
  const { code, message, errors } = unwrap(error);
  if (code === LOCK_NOT_AVAILABLE) return 'locked';
  if (code !== undefined && TRANSIENT.test(code)) return 'transient';
  if (CONNECTION.test(`${code ?? ''} ${message}`)) return 'transient';
  // Node tries several addresses of a host and reports them together.
  if (errors.some((inner) => classifyFailure(inner) === 'transient')) return 'transient';
  return 'permanent';
}

function unwrap(error: unknown): { code: string | undefined; message: string; errors: readonly unknown[] } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error), errors: [] };
  const driver = (error as { driverError?: unknown }).driverError;
  if (driver instanceof Error) return unwrap(driver);
  const code = (error as { code?: unknown }).code;
  return {
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
    errors: error instanceof AggregateError ? (error.errors as unknown[]) : [],
  };
}

/** What went wrong, on one line: Node leaves the message empty when it tried several addresses of a host. */
export function describeFailure(error: unknown): string {
  const { code, message, errors } = unwrap(error);
  const inner = [...new Set(errors.map(describeFailure))].join('; ');
  return message || inner || code || 'unknown error';
}
