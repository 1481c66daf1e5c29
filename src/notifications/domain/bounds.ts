/**
 * How much of a build's config counts. Whoever may write one must not be able to keep Hub busy with it, or to have it call
 * thousands of others; nobody who means well comes near.
 */

/** Targets of a channel that are told of one event. */
export const MOST_TARGETS = 200;
/** What is read of an entry: one more than can be told, so that it is seen when some are left out. */
export const MOST_READ = MOST_TARGETS + 1;
/** Entries of a channel's section that are read. A list of targets may stand there, too: each of them is an entry then. */
export const MOST_ENTRIES = MOST_READ;
/** Encrypted values that are decrypted at once. Each takes a millisecond in which Hub does nothing else. */
export const MOST_SECRETS = 100;
/** Lines of a template. */
export const MOST_LINES = 100;
/** What the variables of one line may hold together, in characters. */
export const LONGEST_FILL = 20_000;
