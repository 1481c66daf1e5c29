import { request, type Dispatcher } from 'undici';
import type { Deadline } from './deadline';
import { RequestFailed } from './errors';
import { explainFailure } from './explain-failure';
import type { Method } from './hop';

/** What is put on the wire: no user name, password or fragment in the url. */
export interface Exchange {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * Sends one request and waits until its answer begins.
 *
 * @param timeoutMs what the deadline was set to, for the message
 * @throws RequestRefused when it can never work
 * @throws RequestFailed when it may work later; its code is `timeout` when nothing came in time, `interrupted` when the
 *   caller broke it off
 */
export async function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: Exchange,
  deadline: Deadline,
  timeoutMs: number,
): Promise<Dispatcher.ResponseData> {
  const answer = request(url, { dispatcher, method, headers: { ...headers }, body, signal: deadline.signal });
  try {
    // undici minds the signal only once it has a connection to spare for the request.
    return await Promise.race([answer, deadline.reached]);
  } catch (error) {
    void answer.then(({ body: late }) => late.on('error', () => undefined).destroy()).catch(() => undefined);
    if (deadline.expired()) {
      throw new RequestFailed(`${url.origin} did not answer within ${timeoutMs} ms.`, 'timeout');
    }
    if (deadline.signal.aborted) {
      throw new RequestFailed(`The request to ${url.origin} was interrupted.`, 'interrupted');
    }
    throw explainFailure(error, url.origin);
  }
}
