/** A build's result as the states cache holds it. */
export interface CachedState {
  readonly id: number;
  readonly state: string;
}

/** As Travis Hub writes it; stored as it is, it is read by Dalli like what Dalli wrote. */
export function cacheText({ id, state }: CachedState): string {
  return JSON.stringify({ id, state });
}

/**
 * The id of the build whose result a value holds; undefined when that cannot be told. Ruby programs wrap the text in
 * their own format (Marshal), of which nothing but the text itself matters.
 */
export function cachedBuildId(value: Buffer): number | undefined {
  try {
    const { id } = JSON.parse(/\{.*\}/s.exec(value.toString('latin1'))?.[0] ?? '') as { id?: unknown };
    const number = typeof id === 'string' && /^\d+$/.test(id) ? Number(id) : id;
    return Number.isSafeInteger(number) ? (number as number) : undefined;
  } catch {
    return undefined;
  }
}
