/** Servers take at most 10 KiB; a little is left for those that count what is around the data, too. */
export const DATA_LIMIT_BYTES = 10_000;

/**
 * The JSON text of a payload; of one that is too large, only what the web needs to fetch it (wire.md §5.4).
 *
 * Counted in bytes, as servers do: Travis counted characters, and events with long messages in other scripts were lost.
 */
export function fit(payload: Readonly<Record<string, unknown>>): string {
  const full = JSON.stringify(payload);
  return Buffer.byteLength(full, 'utf8') <= DATA_LIMIT_BYTES ? full : JSON.stringify(remainder(payload));
}

/** A build's payload has its build inside; a job's is the job. */
function remainder({ build, id, build_id }: Readonly<Record<string, unknown>>): object {
  return build === undefined
    ? { id, build_id, _no_full_payload: true }
    : { build: { id: (build as { id: number }).id }, _no_full_payload: true };
}
