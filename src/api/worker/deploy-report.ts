import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Command } from '../../contracts/command';
import { readMessage } from '../../intake';
import { Problem } from '../problems/problem';
import { EmptyAnswer } from './empty-answer';

/** Builds may tell of their deploys, and of nothing else: any other event could change jobs that are not theirs. */
const DEPLOY_EVENT = /^deploy:[a-z][a-z_]{0,39}$/;

/**
 * Turns the body of `POST /jobs/:id/events` into a command about the job in the path, whatever job it names.
 *
 * The agent sends a report again when it has heard no answer: the very same one, with its time, is kept once.
 *
 * @throws EmptyAnswer 403 for an event that builds may not send, Problem 400 when the payload is no object
 */
export function readDeployReport(id: number, { headers, body }: Request): Command {
  const { event, payload = {} } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof event !== 'string' || !DEPLOY_EVENT.test(event)) {
    throw new EmptyAnswer(403, 'builds may send events named deploy:… only');
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new Problem('invalid-request', { detail: '"payload" must be a JSON object.' });
  }
  const { command } = readMessage(event, { ...payload, job_id: id });
  const same = `${id}\n${headers.authorization ?? ''}\n${JSON.stringify(body)}`;
  const fingerprint = createHash('sha256').update(same).digest('base64url');
  return { ...command, message: { fingerprint, redelivered: true } };
}
