import { Receiver } from '../../test/contract/receiver';
import { guardedFetch } from './guarded-fetch';
import { GuardedHttp } from './guarded-http';

describe('the fetch for SDKs', () => {
  let receiver: Receiver;
  let http: GuardedHttp;

  beforeEach(async () => {
    receiver = await Receiver.start();
    http = new GuardedHttp({ allowedHosts: ['127.0.0.1'] });
  });

  afterEach(async () => {
    await http.close();
    await receiver.stop();
  });

  it('sends what it is given and answers like fetch', async () => {
    receiver.answer = () => ({ status: 201, headers: { 'X-Limit': '1' }, body: '{"id":7}' });
    const body = JSON.stringify({ a: 1 });
    const answer = await guardedFetch(http)(receiver.url('/a'), { method: 'PATCH', headers: { 'X-Own': 'x' }, body });
    expect([answer.status, answer.ok, answer.headers.get('x-limit'), await answer.json()]).toEqual([
      201,
      true,
      '1',
      { id: 7 },
    ]);
    expect(receiver.received).toMatchObject([{ method: 'PATCH', path: '/a', headers: { 'x-own': 'x' }, body }]);
  });

  it('takes a Request, and knows answers without a body', async () => {
    receiver.answer = () => ({ status: 204 });
    const answer = await guardedFetch(http)(new Request(receiver.url(), { method: 'DELETE' }));
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  });

  it('reaches no internal address, and ends when its signal does', async () => {
    const fetch = guardedFetch(http);
    await expect(fetch('http://10.0.0.1/')).rejects.toMatchObject({ name: 'RequestRefused' });
    await expect(fetch(receiver.url(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
    expect(receiver.received).toEqual([]);
  });

  it('repeats a GET that is redirected, and leaves credentials with the host they are for', async () => {
    const other = await Receiver.start();
    receiver.answer = () => ({ status: 301, headers: { Location: other.url('/moved') } });
    await guardedFetch(http)(receiver.url(), { headers: { Authorization: 'token x' } });
    expect(other.received).toMatchObject([{ method: 'GET', path: '/moved' }]);
    expect(other.received[0]?.headers).not.toHaveProperty('authorization');
    await other.stop();
  });

  it('refuses what it cannot send', async () => {
    const fetch = guardedFetch(http);
    await expect(fetch(receiver.url(), { method: 'POST', body: new FormData() })).rejects.toThrow('only a text');
    await expect(fetch(receiver.url(), { method: 'TRACE' })).rejects.toThrow();
  });
});
