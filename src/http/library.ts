import type * as library from 'undici';

type Library = typeof library;

/** The HTTP client takes a twentieth of a second to load: with the first request, so that Hub is ready the sooner. */
export function httpLibrary(): Library {
  // Agents are made in the middle of synchronous code.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('undici') as Library;
}
