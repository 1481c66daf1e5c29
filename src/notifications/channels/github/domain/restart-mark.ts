const MARK = /<!-- restarted at (\d{4}-\d\d-\d\dT[\d:.]+Z) -->\s*$/;

/**
 * Remembers a restart at the end of a check run's text, as a comment that nobody sees: GitHub has no field for it, and
 * `external_id` is the build's id, by which others know it.
 *
 * @param restartedAt an ISO time; null when the build was never restarted, and the text stays as it is
 */
export function restartMark(restartedAt: string | null): string {
  return restartedAt === null ? '' : `\n\n<!-- restarted at ${restartedAt} -->`;
}

/** The restart that {@link restartMark} left in a text; null when there is none. */
export function readRestartMark(text: string | null): string | null {
  return MARK.exec(text ?? '')?.[1] ?? null;
}
