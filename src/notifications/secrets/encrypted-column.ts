import { createDecipheriv } from 'node:crypto';

const PREFIX = '--ENCR--';
/** The initialisation vector stands behind the cipher text: 16 hexadecimal digits, used as the characters they are. */
const IV_BYTES = 16;
const KEY_CHARACTERS = 32;

/**
 * Reads a column that a Travis installation encrypts (schema.md §2.13): AES-256-CBC, base64, with or without its prefix.
 * A private key that is stored plainly is taken as it is.
 *
 * @param key ENCRYPTION_KEY; only its first 32 characters count.
 * @returns null when there is nothing, or it cannot be read with this key.
 */
export function readEncryptedColumn(stored: string | null, key: string | null): string | null {
  if (stored === null || stored === '') return null;
  if (stored.startsWith('-----BEGIN')) return stored;
  if (key === null) return null;
  const bytes = Buffer.from(stored.startsWith(PREFIX) ? stored.slice(PREFIX.length) : stored, 'base64');
  if (bytes.length < 2 * IV_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-cbc', key.slice(0, KEY_CHARACTERS), bytes.subarray(-IV_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -IV_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
