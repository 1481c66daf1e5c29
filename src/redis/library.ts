import type * as library from '@redis/client';

type Library = typeof library;

/** What the library is made of takes a tenth of a second and 15 MB to load: only who has a Redis shall pay for it. */
export function redisLibrary(): Library {
  // Boot is synchronous; import() would make the connection's constructor wait.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('@redis/client') as Library;
}
