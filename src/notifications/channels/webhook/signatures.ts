import { createHmac, createPrivateKey, createSign, type KeyObject } from 'node:crypto';

type Headers = Readonly<Record<string, string>>;

/**
 * Signs as receivers know it from Travis CI: RSA with SHA-1 over the JSON text (not the form around it), as base64.
 *
 * @param pem the private key; without one nothing is signed and the header is absent.
 * @throws when it is no RSA private key. The message does not repeat it.
 */
export function signer(pem: string | null): (json: string) => Headers {
  if (pem === null) return () => ({});
  const key = readKey(pem);
  return (json) => ({ Signature: createSign('RSA-SHA1').update(json, 'utf8').sign(key, 'base64') });
}

/**
 * Makes the headers of Standard Webhooks (https://www.standardwebhooks.com). The id is sent in any case: receivers
 * recognise a repeat by it.
 *
 * @param secret `whsec_…`; without one there is no signature.
 * @throws when the secret cannot be used. The message does not repeat it.
 */
export function standardSigner(secret: string | null): (id: string, at: Date, body: string) => Headers {
  const key = secret === null ? null : readSecret(secret);
  return (id, at, body) => {
    const timestamp = String(Math.floor(at.getTime() / 1000));
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
    if (key === null) return headers;
    // The specification's own library hashes in JavaScript, which takes a tenth of the time of a whole delivery.
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return { ...headers, 'webhook-signature': `v1,${digest}` };
  };
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Explained below; the library's message may quote the key.
  }
  throw new Error('HUB_WEBHOOK_SIGNING_KEY is no RSA private key in PEM form. Make one with `openssl genrsa 2048`.');
}

function readSecret(secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length >= 24 && key.length <= 64) return key;
  throw new Error(
    'HUB_WEBHOOK_SECRET is no Standard Webhooks secret: whsec_ followed by base64 of 24 to 64 random bytes.',
  );
}
