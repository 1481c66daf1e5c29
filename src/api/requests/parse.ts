import type { Request } from 'express';
import type { z } from 'zod';
import { Problem, notFound, type FieldError } from '../problems/problem';
import { findUnstorable } from './plain-json';

/**
 * Reads a request's JSON body.
 *
 * @param fallback stands in for a missing body; leave it out where a body is needed.
 * @throws Problem 415 when the body is not JSON, 400 with every mistake when it does not fit the schema.
 */
export function parseBody<T>(schema: z.ZodType<T>, request: Request, fallback?: object): T {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.is('application/json')) {
    throw new Problem('unsupported-media-type', {
      detail: 'Send JSON with the header "Content-Type: application/json", encoded as UTF-8.',
    });
  }
  const body: unknown = hasBody ? request.body : fallback;
  if (body === undefined) {
    throw new Problem('invalid-request', { detail: 'The request needs a JSON body; see GET /api/openapi.yaml.' });
  }
  const unstorable = findUnstorable(body);
  if (unstorable) throw invalid('body', [unstorable]);
  return check(schema, body, 'body');
}

/** Reads the query of a request. @throws Problem 400 with every mistake. */
export function parseQuery<T>(schema: z.ZodType<T>, request: Request): T {
  const unstorable = findUnstorable(request.query);
  if (unstorable) throw invalid('query', [unstorable]);
  return check(schema, request.query, 'query');
}

/**
 * Reads an id from the path.
 *
 * @throws Problem 400 when it is no positive whole number, 404 when no row can have such an id.
 */
export function parseId(text: string, what: string): number {
  if (!/^[0-9]+$/.test(text)) {
    throw invalid('path', [{ path: 'id', message: `must be the id of a ${what}: a positive whole number` }]);
  }
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1) throw notFound(`${what} ${text.slice(0, 40)}`);
  return id;
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(
    where,
    result.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message })),
  );
}

/** Errors shown at most: a body can hold thousands of the same mistake. */
const MAX_ERRORS = 20;

function invalid(where: string, errors: readonly FieldError[]): Problem {
  const first = errors[0];
  const at = first?.path ? `${where}, ${first.path}` : where;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Problem('invalid-request', {
    detail: `${at}: ${first?.message ?? 'not valid'}${more}`,
    errors: errors.slice(0, MAX_ERRORS),
  });
}
