/** How workers and builds say who they are. */
export const SCHEMES = ['basic', 'bearer', 'refresh', 'access'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Metadata key of what a route accepts; read by the guard. */
export const ACCEPTED_SCHEMES = 'hub:accepted-schemes';
