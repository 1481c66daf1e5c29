import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';
import { logger } from './logger';

/** Nest tells each module, route and handler at boot; that is of interest only when wiring is debugged. */
const CHATTY: ReadonlySet<string> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
  'NestMicroservice',
]);

/** Routes Nest's own log lines, and those of libraries that use Nest's Logger, into ours. */
export class NestLogger implements LoggerService {
  constructor(private readonly target: Logger = logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    this.write(typeof context === 'string' && CHATTY.has(context) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest's convention: the context comes last, a stack before it, anything else is a further message. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const strings = rest.filter((each) => typeof each === 'string');
    const stack = strings.find((each) => each.includes('\n    at '));
    const component = strings.at(-1) === stack ? undefined : strings.at(-1);
    const err = [message, ...rest].find((each) => each instanceof Error);
    const fields = { component: component ?? 'nest', ...(err ? { err } : stack === undefined ? {} : { stack }) };
    this.target[level](fields, textOf(message));
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
