import { RequestFailed, RequestRefused } from './errors';

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENOTFOUND: 'the name is unknown to DNS',
  EAI_AGAIN: 'DNS did not answer',
  ETIMEDOUT: 'the connection could not be opened in time',
  UND_ERR_CONNECT_TIMEOUT: 'the connection could not be opened in time',
  UND_ERR_HEADERS_OVERFLOW: 'its answer has too many headers',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
};

/**
 * Turns what the HTTP client threw into one of our two errors. Only the origin and the error's code are taken over:
 * messages and causes of other layers may repeat the url with its secrets.
 */
export function explainFailure(error: unknown, origin: string): RequestRefused | RequestFailed {
  if (error instanceof RequestRefused || error instanceof RequestFailed) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    return new RequestRefused(
      `The request to ${origin} cannot be sent: a header or the url holds characters HTTP forbids.`,
    );
  }
  const hint = HINTS[code] ?? (isTls(code) ? 'its certificate is not trusted or TLS failed' : 'the request failed');
  return new RequestFailed(`${origin} cannot be reached: ${hint} (${code}). Check the url and the receiver.`, code);
}

/** When several addresses were tried, the errors of the single attempts come wrapped. */
function codeOf(error: unknown): string {
  const candidates = error instanceof AggregateError ? [error, ...(error.errors as unknown[])] : [error];
  for (const candidate of candidates) {
    const code = (candidate as { code?: unknown } | null)?.code;
    if (typeof code === 'string') return code;
  }
  return 'unknown error';
}

function isTls(code: string): boolean {
  return /^(CERT_|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code);
}
