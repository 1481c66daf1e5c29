import { outcomeOfFailure } from './outcome';

const SECRETS = ['hunter2', 'ada@secret.example'];

/** As nodemailer describes failures. */
const failure = (code: string, command: string, response?: string): Error =>
  Object.assign(new Error(`It failed: ${response ?? 'no answer'}`), {
    code,
    command,
    ...(response !== undefined && { response, responseCode: Number(response.slice(0, 3)) }),
  });

describe('outcomeOfFailure', () => {
  it.each([
    ['an unknown recipient', 'EENVELOPE', 'RCPT TO', '550 5.1.1 no such user', 'correct or remove it'],
    ['an unknown recipient, told shortly', 'EENVELOPE', 'RCPT TO', '553 sorry', 'correct or remove it'],
    ['a full mailbox', 'EENVELOPE', 'RCPT TO', '552 5.2.2 over quota', 'correct or remove it'],
    ['a mail that is unwanted', 'EMESSAGE', 'DATA', '554 5.7.1 looks like spam', 'see its response'],
    ['a mail that is too large', 'EMESSAGE', 'DATA', '552 5.3.4 too large', 'see its response'],
  ])('gives up: %s', (_what, code, command, response, reason) => {
    expect(outcomeOfFailure(failure(code, command, response), [])).toEqual({
      kind: 'rejected',
      reason: expect.stringContaining(reason),
      code: Number(response.slice(0, 3)),
      response,
    });
  });

  it.each([
    ['greylisting', 'EENVELOPE', 'RCPT TO', '450 4.2.0 try later', 'try again later'],
    ['a mailbox that is busy', 'EENVELOPE', 'RCPT TO', '452 4.2.2 full', 'try again later'],
    ['a server that closes', 'ECONNECTION', 'CONN', '421 bye', 'try again later'],
    ['too many mails', 'EMESSAGE', 'DATA', '451 4.7.1 slow down', 'try again later'],
    ['wrong credentials', 'EAUTH', 'AUTH PLAIN', '535 5.7.8 wrong', 'user and password in SMTP_URL'],
    ['missing credentials', 'EENVELOPE', 'MAIL FROM', '530 5.7.0 authenticate first', 'HUB_EMAIL_FROM'],
    ['a sender that is not ours', 'EENVELOPE', 'MAIL FROM', '553 5.7.1 not yours', 'HUB_EMAIL_FROM'],
    ['a relay that is closed', 'EENVELOPE', 'RCPT TO', '550 5.7.1 relaying denied', 'relaying'],
    ['a relay that wants to know us', 'EENVELOPE', 'RCPT TO', '530 who are you', 'relaying'],
    ['a server that wants no one', 'EPROTOCOL', 'CONN', '554 no SMTP here', 'relaying'],
    ['a server that lost its thread', 'EMESSAGE', 'DATA', '503 out of order', 'relaying'],
    ['a certificate', 'ETLS', 'STARTTLS', undefined, 'HUB_SMTP_TLS'],
    ['nobody there', 'ECONNREFUSED', 'CONN', undefined, 'cannot be reached'],
    ['silence', 'ETIMEDOUT', 'CONN', undefined, 'cannot be reached'],
    ['an attempt that took too long', 'EABORT', 'API', undefined, 'in the time'],
  ])('tries again: %s', (_what, code, command, response, reason) => {
    expect(outcomeOfFailure(failure(code, command, response), [])).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining(reason),
    });
  });

  it('keeps no secret that the server repeats, and little of what it says', () => {
    const response = `550 5.1.1 <ada@secret.example> for hunter2:\r\n${'x'.repeat(10_000)}`;
    for (const command of ['RCPT TO', 'MAIL FROM']) {
      const outcome = JSON.stringify(outcomeOfFailure(failure('EENVELOPE', command, response), SECRETS));
      expect(outcome).not.toMatch(/hunter2|secret\.example|\\r|\\n/);
      expect(outcome).toContain('<[secure]>');
      expect(outcome.length).toBeLessThan(1_000);
    }
  });

  it('takes whatever is thrown', () => {
    expect(outcomeOfFailure('text', [])).toMatchObject({ kind: 'retry' });
    expect(outcomeOfFailure(undefined, [])).toMatchObject({ kind: 'retry' });
  });
});
