import pino, { type DestinationStream, type Logger } from 'pino';
import type { LogConfig, LogFormat } from '../config';
import { pretty } from './pretty';
import { redact } from './redact';

/** Written synchronously: the last words of a dying process must not be lost. */
let output = pino.destination({ fd: 1, sync: true });

let format: LogFormat = 'json';

const redacted: DestinationStream = {
  write: (line) => {
    const safe = redact(line);
    output.write(format === 'pretty' ? pretty(safe) : safe);
  },
};

/** Children made while modules load, before the level is known. Later ones take it from their parent. */
let early: Logger[] | null = [];

/**
 * Makes a logger that writes JSON lines with ISO times, level names and whole errors.
 * @param destination gets each line as one string
 */
export function createLogger(
  destination: DestinationStream,
  onChild: (child: Logger) => void = () => undefined,
): Logger {
  return pino(
    {
      level: 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: describeError, error: describeError },
      onChild,
    },
    destination,
  );
}

/** The one logger. Take a child that names its component: `logger.child({ component: 'intake' })`. */
export const logger: Logger = createLogger(redacted, (child) => early?.push(child));

/**
 * Applies the configured level and format, also to the children that exist already. Called once, at boot.
 *
 * @param fd 2 for programs whose standard output is for something else
 */
export function configureLogging(log: LogConfig, fd: 1 | 2 = 1): void {
  format = log.format;
  if (fd === 2) output = pino.destination({ fd, sync: true });
  for (const each of [logger, ...(early ?? [])]) each.level = log.level;
  early = null;
}

/**
 * What is worth knowing of an error. A fixed list, because database errors carry their parameters along, and those may
 * hold anything.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, constraint, table, cause } = error as Error & Record<'code' | 'constraint' | 'table', unknown>;
  return {
    type: error.name,
    message: error.message,
    code,
    constraint,
    table,
    stack: error.stack,
    cause: cause === undefined ? undefined : describeError(cause),
  };
}
