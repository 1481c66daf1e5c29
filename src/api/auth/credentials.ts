import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A user who may call the API. */
export interface User {
  readonly user: string;
  readonly password: string;
}

const BASIC = /^basic +([a-z0-9+/_-]+=*) *$/i;

/** Reads the user and password of an `Authorization: Basic …` header (RFC 7617); null when there are none. */
export function readBasicCredentials(header: string | undefined): User | null {
  const encoded = header === undefined ? undefined : BASIC.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Answers whether credentials are known, taking the same time whatever is wrong with them.
 *
 * Both sides are hashed with a key that only this process knows, so lengths do not show; every user is compared, so
 * neither does the position in the list.
 */
export class CredentialBook {
  private readonly key = randomBytes(32);
  private readonly known: readonly { readonly name: string; readonly hash: Buffer }[];

  constructor(users: readonly User[]) {
    this.known = users.map((user) => ({ name: user.user, hash: this.hash(user) }));
  }

  /** The name of the user these credentials belong to, or null. */
  find(credentials: User): string | null {
    const given = this.hash(credentials);
    let found: string | null = null;
    for (const { name, hash } of this.known) {
      if (timingSafeEqual(hash, given)) found = name;
    }
    return found;
  }

  /** Stands for user and password without holding them; the same only within this process. */
  fingerprint(credentials: User): string {
    return this.hash(credentials).toString('base64');
  }

  private hash({ user, password }: User): Buffer {
    // The length keeps "a" + "b:c" apart from "a:b" + "c".
    return createHmac('sha256', this.key).update(`${user.length}:${user}:${password}`).digest();
  }
}
