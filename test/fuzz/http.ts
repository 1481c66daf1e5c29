import fc from 'fast-check';
import { request } from 'undici';
import { bytes } from './hostile';
import { rssMb, type FuzzResult } from './decoder';

/** Where a body may be sent. */
export interface Door {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Every address of Hub that takes a body or an id, with credentials that are good: what comes is looked at. */
export const DOORS = (authorization: string): readonly Door[] => {
  const headers = { authorization };
  return [
    { method: 'POST', path: '/api/builds', headers },
    { method: 'POST', path: '/api/builds', headers: { ...headers, 'idempotency-key': 'the-same' } },
    { method: 'POST', path: '/api/builds/:id/cancel', headers },
    { method: 'POST', path: '/api/builds/:id/restart', headers },
    { method: 'POST', path: '/api/jobs/:id/cancel', headers },
    { method: 'POST', path: '/api/jobs/:id/restart', headers },
    { method: 'POST', path: '/api/jobs/:id/queue', headers },
    { method: 'PATCH', path: '/jobs/:id/state', headers },
    { method: 'POST', path: '/jobs/:id/token', headers },
    { method: 'POST', path: '/jobs/:id/events', headers },
  ];
};

const CONTENT_TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  '',
];
/** Ids in paths: of nothing, of too much, of no number. */
const IDS = [
  '1',
  '0',
  '-1',
  '007',
  '1e3',
  '9223372036854775808',
  '99999999999999999999',
  'abc',
  '%00',
  '%2e%2e',
  '1%27',
  '\u00e9',
];

/**
 * Sends hostile bodies and ids to the doors of a running Hub.
 *
 * @param doors paths may hold `:id`
 * @throws Error with the seed and the smallest input, when anything is answered with a status of 500 or more, with a stack,
 *   or not at all
 */
export async function fuzzHttp(
  base: string,
  doors: readonly Door[],
  inputs: number,
  seed: number,
): Promise<FuzzResult> {
  const outcomes: Record<string, number> = {};
  let seen = 0;
  let early = 0;
  const property = fc.asyncProperty(
    fc.constantFrom(...doors),
    fc.constantFrom(...IDS),
    fc.constantFrom(...CONTENT_TYPES),
    bytes,
    async (door, id, contentType, body) => {
      if (++seen === Math.ceil(inputs / 10)) early = rssMb();
      const answer = await request(base + door.path.replace(':id', encodeURI(decodeURI(id))), {
        method: door.method,
        headers: { ...door.headers, ...(contentType !== '' && { 'content-type': contentType }) },
        body,
      });
      const text = await answer.body.text();
      const outcome = `${door.method} ${answer.statusCode}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (answer.statusCode >= 500)
        throw new Error(`${door.method} ${door.path} answered ${answer.statusCode}: ${text}`);
      if (/\n\s+at |node_modules|\.ts:\d/.test(text)) throw new Error(`a stack in an answer: ${text}`);
    },
  );
  await fc.assert(property, { numRuns: inputs, seed, endOnFailure: true });
  return { inputs: seen, outcomes, rssMb: { early, late: rssMb() } };
}
