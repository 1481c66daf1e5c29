import { constants, createPrivateKey, privateDecrypt, type KeyObject } from 'node:crypto';
import { MOST_SECRETS } from '../domain/bounds';
import { isSecret, type Secret } from '../domain/config-values';

/**
 * A part of a config with every `{ secure: "<base64>" }` in it replaced by its plain text, at any depth; by null where
 * that cannot be decrypted, and where there are more than {@link MOST_SECRETS} different ones. So the targets of a fork, which has another
 * key, stay silent.
 *
 * @param privateKey PEM of the repository's RSA key; null when there is none that can be read.
 */
export function decryptSecrets(value: unknown, privateKey: string | null): unknown {
  const key = privateKey === null ? null : readKey(privateKey);
  const opened = new Map<string, string | null>();
  return replaceSecrets(value, ({ secure }) => {
    if (key === null) return null;
    if (!opened.has(secure) && opened.size < MOST_SECRETS) opened.set(secure, decrypt(secure, key));
    return opened.get(secure) ?? null;
  });
}

function replaceSecrets(value: unknown, open: (secret: Secret) => string | null): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSecret(value)) return open(value);
  if (Array.isArray(value)) return value.map((part) => replaceSecrets(part, open));
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replaceSecrets(part, open)]));
}

/**
 * RSA with PKCS#1 v1.5 padding, which is taken off here: Node refuses to do it with some OpenSSL versions, and with
 * others makes up a text for what another key encrypted, where there must be silence.
 */
function decrypt(secure: string, key: KeyObject): string | null {
  try {
    const block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(secure, 'base64'));
    const end = block.indexOf(0, 2);
    // 0, 2, at least eight random bytes that are not 0, a 0, the text.
    return block[0] === 0 && block[1] === 2 && end >= 10 ? block.subarray(end + 1).toString('utf8') : null;
  } catch {
    return null;
  }
}

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
