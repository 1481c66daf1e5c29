/** Done, or there was nothing to do. */
export const DONE = 0;
/** It failed, what was named is not there, or some of it could not be done. */
export const FAILED = 1;
/** The command was given wrongly; nothing was tried. */
export const MISUSED = 2;

export type ExitCode = typeof DONE | typeof FAILED;
