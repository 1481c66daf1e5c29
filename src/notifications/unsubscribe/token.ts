import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Who wants no more mail about which repository. The address is only known by its hash: links end up in many logs. */
export interface Subscription {
  readonly repositoryId: number;
  readonly addressHash: string;
}

/** Far more than a token has, and far less than what it would take time to look at. */
const LONGEST_TOKEN = 200;
const TOKEN = /^([1-9]\d{0,14})\.([\w-]{43})\.([\w-]{43})$/;

/** Recognises an address without holding it; how its letters are written does not matter. */
export function hashAddress(address: string): string {
  return createHash('sha256').update(address.toLowerCase()).digest('base64url');
}

/**
 * A token that proves to be Hub's, for links that need no credentials. It does not expire: mails are kept for years, and
 * somebody who wants no more of them must not fail.
 *
 * @param secret HUB_UNSUBSCRIBE_SECRET
 */
export function signToken({ repositoryId, addressHash }: Subscription, secret: string): string {
  return `${repositoryId}.${addressHash}.${sign(repositoryId, addressHash, secret).toString('base64url')}`;
}

/** @returns null for everything that was not signed with this secret */
export function readToken(token: string, secret: string): Subscription | null {
  if (token.length > LONGEST_TOKEN) return null;
  const [, repository = '', addressHash = '', signature = ''] = TOKEN.exec(token) ?? [];
  if (signature === '') return null;
  const repositoryId = Number(repository);
  const expected = sign(repositoryId, addressHash, secret);
  const given = Buffer.from(signature, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? { repositoryId, addressHash } : null;
}

function sign(repositoryId: number, addressHash: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`unsubscribe.${repositoryId}.${addressHash}`).digest();
}
