import type { Request } from 'express';
import { RejectedCommand, type Command } from '../../contracts/command';
import { readMessage } from '../../intake';
import { Problem } from '../problems/problem';

/** The event that a worker means by the state it reports (wire.md §2.2). */
const TYPES: Readonly<Record<string, string>> = {
  created: 'job:reset',
  received: 'job:receive',
  started: 'job:start',
  passed: 'job:finish',
  failed: 'job:finish',
  errored: 'job:finish',
  cancelled: 'job:cancel',
  canceled: 'job:cancel',
};

/** How workers called the times before October 2017. */
const OLD_NAMES = ['queued', 'received', 'started', 'finished'];

/**
 * Turns the body of `PATCH /jobs/:id/state` into a command, by the same rules as a message of the broker.
 *
 * The run is left out even if a worker names it: a request that has to be tried again after an answer of the database was
 * lost is known by its own name, and must not look like one that its own first try has overtaken.
 *
 * @throws Problem 400 when the body is no JSON object or `new` is no state that a worker reports
 */
export function readStateChange(id: number, request: Request): Command {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('Send a JSON object with the header "Content-Type: application/json".');
  }
  const given = body as Readonly<Record<string, unknown>>;
  const state = Object.hasOwn(given, 'new') ? given['new'] : undefined;
  const type = typeof state === 'string' && Object.hasOwn(TYPES, state) ? TYPES[state] : undefined;
  if (type === undefined) throw invalid(`"new" must be one of ${Object.keys(TYPES).join(', ')}.`);
  try {
    const { command } = readMessage(type, { ...withNewNames(given), id, state });
    const { run: _run, ...rest } = command;
    return rest;
  } catch (error) {
    if (error instanceof RejectedCommand) throw invalid(error.message);
    throw error;
  }
}

function withNewNames(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const old = OLD_NAMES.filter((name) => Object.hasOwn(body, name) && !Object.hasOwn(body, `${name}_at`));
  return { ...body, ...Object.fromEntries(old.map((name) => [`${name}_at`, body[name]])) };
}

function invalid(detail: string): Problem {
  return new Problem('invalid-request', { detail });
}
