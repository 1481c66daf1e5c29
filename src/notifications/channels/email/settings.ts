import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { kinds, nullable, optional, type SettingsOf } from '../../channel';

/** Who mails come from. */
export interface Sender {
  readonly name: string;
  /** May hold `%s` before the @, which becomes the result: people sort their mail by it. */
  readonly address: string;
  /** Of the address; ids of mails end with it. */
  readonly domain: string;
}

const SENDER = /^(?:"?([^"<>\p{Cc}]*?)"?\s*<)?([\w.+%-]+@((?:[a-z0-9-]+\.)*[a-z0-9-]+))(>?)$/iu;

const sender: z.ZodType<Sender, string> = z.string().transform((value, context) => {
  const [, name, address, domain, end] = SENDER.exec(value.trim()) ?? [];
  // A bracket that opens has to close.
  if (address && domain && (name === undefined) === (end === '')) return { name: name?.trim() ?? '', address, domain };
  context.addIssue({ code: 'custom', message: 'must be an address, with or without a name' });
  return z.NEVER;
});

const certificate: z.ZodType<string, string> = z.string().transform((value, context) => {
  const text = value.trim();
  const pem = text.startsWith('--') ? text.replaceAll('\\n', '\n') : Buffer.from(text, 'base64').toString('utf8');
  try {
    return new X509Certificate(pem).toString();
  } catch {
    context.addIssue({
      code: 'custom',
      message: 'must be a certificate: PEM (line breaks may be written \\n) or base64 of it',
    });
    return z.NEVER;
  }
});

/** What the operator sets. Nothing is required of those who send no mail. */
export const variables = {
  url: nullable({
    name: 'SMTP_URL',
    kind: kinds.url('smtp', 'smtps'),
    help: 'The mail server. smtps:// is encrypted from the first byte (port 465), smtp:// with STARTTLS (port 587). Percent-encode user and password.',
    example: 'smtp://hub:password@smtp.example.org:587',
  }),
  tls: optional(
    {
      name: 'HUB_SMTP_TLS',
      kind: kinds.oneOf(['required', 'off']),
      help: 'What smtp:// does: required (mails and passwords never leave unencrypted) or off, for a relay on the same machine.',
      example: 'required',
    },
    'required',
  ),
  ca: nullable({
    name: 'HUB_SMTP_CA',
    kind: certificate,
    help: 'Certificate of the authority that signed that of the mail server, if it is one of your own: PEM, or base64 of it.',
    example: '-----BEGIN CERTIFICATE-----\\nMIIB...\\n-----END CERTIFICATE-----',
  }),
  from: nullable({
    name: 'HUB_EMAIL_FROM',
    kind: sender,
    help: 'Who mails come from. %s before the @ becomes the result, e.g. builds+still-failing@….',
    example: 'Example CI <builds@example.org>',
  }),
};

export type EmailSettings = SettingsOf<typeof variables>;
