/**
 * Logging: JSON lines (or readable ones) on standard output, with secrets taken out of every line.
 * Consumes the configured level and format. Publishes nothing. Exposes `logger` and Nest's adapter to it.
 */
export { configureLogging, logger } from './logger';
export { NestLogger } from './nest-logger';
