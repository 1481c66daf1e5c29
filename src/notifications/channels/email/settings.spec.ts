import { sharedTestCertificate } from '../../../../test/support/certificates';
import { variables } from './settings';

describe('HUB_EMAIL_FROM', () => {
  it.each([
    ['builds@example.org', '', 'builds@example.org', 'example.org'],
    ['<builds@example.org>', '', 'builds@example.org', 'example.org'],
    ['Example CI <builds@example.org>', 'Example CI', 'builds@example.org', 'example.org'],
    ['"Example, CI" <builds+%s@ci.example.org>', 'Example, CI', 'builds+%s@ci.example.org', 'ci.example.org'],
    [' Ж <a.b_c-d@host> ', 'Ж', 'a.b_c-d@host', 'host'],
  ])('takes %s', (text, name, address, domain) => {
    expect(variables.from.kind.parse(text)).toEqual({ name, address, domain });
  });

  it.each([
    'builds',
    'builds@',
    '@example.org',
    'CI builds@example.org',
    'CI <builds@example.org',
    'builds@example.org>',
    'a@example.org, b@example.org',
    'CI\r\nBcc: eve@example.org <builds@example.org>',
    'CI <builds@example.org>\r\nBcc: eve@example.org',
    'builds@example.org\nx',
  ])('refuses %j', (text) => {
    expect(variables.from.kind.safeParse(text).success).toBe(false);
  });
});

describe('HUB_SMTP_CA', () => {
  it.each<[string, (pem: string) => string]>([
    ['PEM', (pem) => pem],
    ['PEM with line breaks written out', (pem) => pem.replaceAll('\n', '\\n')],
    ['base64 of PEM', (pem) => Buffer.from(pem).toString('base64')],
  ])('takes %s', async (_form, written) => {
    const { authority } = await sharedTestCertificate();
    expect(variables.ca.kind.parse(written(authority))?.trim()).toBe(authority.trim());
  });

  it.each(['hunter2', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'])(
    'refuses %j, unrepeated',
    (text) => {
      const { error } = variables.ca.kind.safeParse(text);
      expect(error?.issues[0]?.message).toMatch(/^must be a certificate(?!.*hunter2)/);
    },
  );
});
