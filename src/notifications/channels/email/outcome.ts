import type { NodemailerError } from 'nodemailer';
import { redact, type DeliveryOutcome } from '../../channel';

/** How much of a server's answer is kept for people who look into a failure, in characters. */
const KEPT_RESPONSE = 200;

/**
 * What became of a mail that the server did not take.
 *
 * Only what will be the same tomorrow is given up: a recipient whom the server does not know, and a mail that it will
 * not take. Whatever the operator has to mend (credentials, sender, relaying, TLS) is tried again, and so is what passes
 * by itself (4xx, a connection that is refused or breaks).
 *
 * @param secrets removed from everything that is kept.
 */
export function outcomeOfFailure(error: unknown, secrets: readonly string[]): DeliveryOutcome {
  const failure: NodemailerError = isFailure(error) ? error : new Error('The reason is not known.');
  const { responseCode: code } = failure;
  const response = kept(failure.response, secrets);
  const answer = { ...(code !== undefined && { code }), ...(response !== '' && { response }) };
  const said = kept(failure.message, secrets);
  const final = code !== undefined && code >= 500 && code < 600 ? whyFinal(failure, code) : null;
  if (final !== null) return { kind: 'rejected', reason: final, ...answer };
  return { kind: 'retry', reason: whyRetried(failure, said), ...answer };
}

function isFailure(error: unknown): error is NodemailerError {
  return typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string';
}

/** What a server said as it is kept: one line, short, without secrets. */
export function kept(text: string | undefined, secrets: readonly string[]): string {
  return redact((text ?? '').replace(/\s+/g, ' ').trim(), secrets).slice(0, KEPT_RESPONSE);
}

/** @returns null when trying again may help */
function whyFinal({ command, response = '' }: NodemailerError, code: number): string | null {
  const policy = /^5\d\d[ -]5\.7\./.test(response);
  if (command === 'RCPT TO') {
    // 530 to 538 ask to log in, 5.7.x says "you may not": relaying and senders are for the operator to mend.
    if (policy || (code >= 530 && code <= 538)) return null;
    return `The mail server does not take mail for this address (${code}): correct or remove it.`;
  }
  // The end of the mail itself: it is too large, or its content is not wanted.
  if (command === 'DATA' && code !== 503) return `The mail server refused this mail (${code}): see its response.`;
  return null;
}

function whyRetried({ code, command, responseCode }: NodemailerError, said: string): string {
  if (code === 'EABORT') return 'The mail server did not take the mail in the time that an attempt has.';
  if (code === 'EAUTH') {
    return `The mail server refused the credentials: check the user and password in SMTP_URL. ${said}`;
  }
  if (code === 'ETLS' || /certificate|\b(TLS|SSL)\b/i.test(said)) {
    return `No encrypted connection to the mail server: check its certificate, HUB_SMTP_CA and HUB_SMTP_TLS. ${said}`;
  }
  if (responseCode !== undefined && responseCode >= 500 && command === 'MAIL FROM') {
    return `The mail server refused the sender: check HUB_EMAIL_FROM, and whether it asks for credentials. ${said}`;
  }
  if (responseCode !== undefined && responseCode >= 500) {
    return `The mail server does not let Hub send: check its rules for relaying, and SMTP_URL. ${said}`;
  }
  if (responseCode !== undefined) return `The mail server asks to try again later. ${said}`;
  return `The mail server cannot be reached: ${said}`;
}
