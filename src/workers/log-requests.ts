import type { ServiceRequest } from '../http';

/** What can be asked of travis-logs. */
export const LOG_CHANNELS = ['log-clear', 'log-replace', 'log-part'] as const;
export type LogChannel = (typeof LOG_CHANNELS)[number];

type LogRequest = Pick<ServiceRequest, 'method' | 'url' | 'headers' | 'body'>;

/**
 * The requests of travis-logs' HTTP API, byte for byte as Travis Hub makes them (wire.md §5.1).
 *
 * @param url of travis-logs, without a slash at the end
 * @param token its AUTH_TOKEN: it compares the whole header, so `token` stays in lower case
 * @param text what the log is to say; not needed to clear it
 */
export function logRequest(
  { url, token }: { readonly url: string; readonly token: string },
  channel: LogChannel,
  jobId: number,
  text: string,
): LogRequest {
  const Authorization = `token ${token}`;
  if (channel === 'log-part') {
    const content = Buffer.from(text, 'utf8').toString('base64');
    return {
      method: 'PUT',
      url: `${url}/log-parts/${jobId}/last?source=hub`,
      headers: { Authorization, 'Content-Type': 'application/json' },
      body: JSON.stringify({ '@type': 'log_part', encoding: 'base64', content, final: true }),
    };
  }
  // An empty body empties the log; `clear` is only for those who read access logs.
  const clear = channel === 'log-clear';
  return {
    method: 'PUT',
    url: `${url}/logs/${jobId}?source=hub${clear ? '&clear=1' : ''}`,
    headers: { Authorization, 'Content-Type': 'application/octet-stream' },
    body: clear ? '' : text,
  };
}
