import { webcrypto } from 'node:crypto';
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

/** PEM texts of a server's certificate for the name `localhost`, its key, and the authority that signed it. */
export interface TestCertificate {
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
}

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const DAY_MS = 86_400_000;

/** A certificate that is good for `localhost` and a day, signed by an authority that nobody knows. */
export async function createTestCertificate(): Promise<TestCertificate> {
  const [authorityKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const valid = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const common = { ...valid, signingAlgorithm: RSA, issuer: 'CN=Authority for tests' };
  const authority = await X509CertificateGenerator.create({
    ...common,
    serialNumber: '01',
    subject: common.issuer,
    publicKey: authorityKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const certificate = await X509CertificateGenerator.create({
    ...common,
    serialNumber: '02',
    subject: 'CN=localhost',
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    certificate: certificate.toString('pem'),
    authority: authority.toString('pem'),
  };
}

let shared: Promise<TestCertificate> | undefined;

/** The same one for everybody in this process: making keys takes longer than most tests. */
export function sharedTestCertificate(): Promise<TestCertificate> {
  shared ??= createTestCertificate();
  return shared;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
}
