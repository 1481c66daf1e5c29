import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { readEncryptedColumn } from './encrypted-column';
import { decryptSecrets } from './encrypted-value';

const KEY = 'secret'.repeat(10);

/** As Travis' own library does: base64 of the cipher text and, behind it, the digits that are the vector. */
function encryptColumn(text: string, iv = randomBytes(8).toString('hex')): string {
  const cipher = createCipheriv('aes-256-cbc', KEY.slice(0, 32), iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), Buffer.from(iv)]).toString('base64');
}

describe('readEncryptedColumn', () => {
  // Made with openssl: printf 'hunter2' | openssl enc -aes-256-cbc -K <hex of the key> -iv <hex of the digits>.
  const KNOWN = '--ENCR--m/hTos/Ihnm/8h69CmJlADAxMjM0NTY3ODlhYmNkZWY=';

  it('reads what was encrypted elsewhere', () => {
    expect(readEncryptedColumn(KNOWN, KEY)).toBe('hunter2');
  });

  it.each(['', 'a', 'tökén', 'x'.repeat(5_000)])('reads %p with and without its prefix', (text) => {
    expect(readEncryptedColumn(`--ENCR--${encryptColumn(text)}`, KEY)).toBe(text);
    expect(readEncryptedColumn(encryptColumn(text), KEY)).toBe(text);
  });

  it.each([
    ['nothing', null, KEY],
    ['an empty text', '', KEY],
    ['without a key', `--ENCR--${encryptColumn('x')}`, null],
    ['with another key', `--ENCR--${encryptColumn('x', '0123456789abcdef')}`, 'another'.repeat(10)],
    ['with a key that is too short', `--ENCR--${encryptColumn('x')}`, 'short'],
    ['what was cut off', '--ENCR--Zm9v', KEY],
    ['what was never encrypted', 'plain text', KEY],
  ])('reads %s as null', (_what, stored, key) => {
    expect(readEncryptedColumn(stored, key)).toBeNull();
  });

  it('takes a private key that is stored plainly', () => {
    expect(readEncryptedColumn('-----BEGIN RSA PRIVATE KEY-----\nMII', null)).toMatch(/^-----BEGIN/);
  });
});

describe('decryptSecrets', () => {
  const pair = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
  const own = pair();
  const other = pair();
  const encrypt = (text: string, key = own.publicKey, padding = constants.RSA_PKCS1_PADDING) => ({
    secure: publicEncrypt({ key, padding }, Buffer.from(text)).toString('base64'),
  });

  it.each(['x', 'acme:tökén#ci', ''])('decrypts %p', (text) => {
    expect(decryptSecrets(encrypt(text), own.privateKey)).toBe(text);
  });

  it('takes line breaks in the base64, as command lines write them', () => {
    const { secure } = encrypt('text');
    expect(decryptSecrets({ secure: secure.replace(/.{60}/g, '$&\n') }, own.privateKey)).toBe('text');
  });

  it('decrypts at any depth and leaves the rest alone', () => {
    const value = { rooms: [encrypt('a'), 'b', { url: encrypt('c'), msteams: true }], n: 1, nothing: null };
    expect(decryptSecrets(value, own.privateKey)).toEqual({
      rooms: ['a', 'b', { url: 'c', msteams: true }],
      n: 1,
      nothing: null,
    });
  });

  // Often, because the padding of a wrong key's garbage may look right by chance.
  it('makes null, never garbage, of what was encrypted with another key', () => {
    const results = Array.from({ length: 50 }, () => decryptSecrets(encrypt('x', other.publicKey), own.privateKey));
    expect(results).toEqual(Array.from({ length: 50 }, () => null));
  });

  it.each([
    ['no cipher text', { secure: 'Zm9v' }, own.privateKey],
    ['another padding', encrypt('x', own.publicKey, constants.RSA_PKCS1_OAEP_PADDING), own.privateKey],
    ['no key', encrypt('x'), null],
    ['a key that is none', encrypt('x'), 'not a key'],
  ])('makes null of %s', (_what, value, key) => {
    expect(decryptSecrets([value], key)).toEqual([null]);
  });
});
