import { ServiceUnavailableException, type ArgumentsHost } from '@nestjs/common';
import { lastValueFrom, type Observable } from 'rxjs';
import { Problem } from './problem';
import { ProblemFilter } from './problem.filter';

/** What a response was given. */
function recorder(headersSent = false) {
  const seen = { status: 0, type: '', body: undefined as unknown, headers: {}, destroyed: false };
  const response = {
    headersSent,
    status: (code: number) => ((seen.status = code), response),
    set: (headers: object) => ((seen.headers = headers), response),
    type: (name: string) => ((seen.type = name), response),
    send: (text: string) => ((seen.body = JSON.parse(text)), response),
    json: (body: unknown) => ((seen.body = body), response),
    destroy: () => (seen.destroyed = true),
  };
  const host = (type: string) =>
    ({
      getType: () => type,
      switchToHttp: () => ({ getResponse: () => response, getRequest: () => ({ method: 'GET', path: '/x' }) }),
    }) as unknown as ArgumentsHost;
  return { seen, host };
}

describe('the filter of HTTP errors', () => {
  const filter = new ProblemFilter();

  it('answers with a problem and its headers', () => {
    const { seen, host } = recorder();
    filter.catch(new Problem('conflict', { detail: 'no', headers: { 'X-Y': 'z' } }), host('http'));
    expect(seen).toMatchObject({ status: 409, type: 'application/problem+json', headers: { 'X-Y': 'z' } });
    expect(seen.body).toMatchObject({ detail: 'no' });
  });

  it('lets the details of a failing health check pass as they are', () => {
    const { seen, host } = recorder();
    const details = { status: 'error', details: { database: { status: 'down' } } };
    filter.catch(new ServiceUnavailableException(details), host('http'));
    expect(seen).toMatchObject({ status: 503, body: details });
  });

  it('leaves errors of broker messages to whoever settles those', async () => {
    const error = new Error('of a message');
    const result = filter.catch(error, recorder().host('rpc')) as Observable<never>;
    await expect(lastValueFrom(result)).rejects.toBe(error);
  });

  it('breaks the connection when half an answer has left already', () => {
    const { seen, host } = recorder(true);
    filter.catch(new Error('late'), host('http'));
    expect(seen).toMatchObject({ destroyed: true, status: 0 });
  });
});
