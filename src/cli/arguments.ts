import { InvalidArgumentError } from 'commander';

/** Reads an id. @throws InvalidArgumentError that commander tells the user */
export function parseId(text: string): number {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!(id > 0 && Number.isSafeInteger(id))) throw new InvalidArgumentError('An id is a whole number from 1.');
  return id;
}

/** Reads one of several ids; named twice it counts once. @throws InvalidArgumentError */
export function parseIds(text: string, before: readonly number[] = []): readonly number[] {
  const id = parseId(text);
  return before.includes(id) ? before : [...before, id];
}

const MOST_ROWS = 10_000;

/** Reads how many rows to show. @throws InvalidArgumentError */
export function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(limit >= 1 && limit <= MOST_ROWS)) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_ROWS}.`);
  }
  return limit;
}
