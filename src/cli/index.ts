/**
 * The command line: look at what is parked, delivered and recorded, and have it tried again, beside a running Hub.
 *
 * Consumes arguments. Publishes what a replayed message changes, through intake. Exposes the program.
 */
export { createProgram } from './program';
