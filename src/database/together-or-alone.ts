import { classifyFailure } from './errors';

/**
 * Does something with many at once, or, when the database refuses that for good, with one after the other: one that cannot be
 * stored must not keep the others from it.
 *
 * @param work given all of them, or one
 * @param refused told of each that cannot be done alone either
 * @returns what came of it, in parts
 * @throws the database's error when it is away or busy: the same may work in a moment
 */
export async function togetherOrAlone<T, R>(
  items: readonly T[],
  work: (items: readonly T[]) => Promise<R>,
  refused: (item: T, error: unknown) => void,
): Promise<R[]> {
  try {
    return [await work(items)];
  } catch (error) {
    if (classifyFailure(error) !== 'permanent') throw error;
    const [only, ...others] = items;
    if (only !== undefined && others.length === 0) {
      refused(only, error);
      return [];
    }
  }
  const results: R[] = [];
  for (const item of items) results.push(...(await togetherOrAlone([item], work, refused)));
  return results;
}
