import Pusher from 'pusher';
import { signedUrl } from './sign';

const APP = { origin: 'https://api-eu.pusher.com', id: '4711', key: 'the-key', secret: 'the-secret' };

describe('signedUrl', () => {
  afterEach(() => jest.useRealTimers());

  it.each([
    ['a small body', '{"name":"job:started"}'],
    ['a body in many scripts', '{"name":"job:started","data":"ünïcode Ж 漢字 🎉"}'],
  ])('signs %s as the official library does', (_what, body) => {
    const now = new Date('2026-01-02T03:04:05.678Z');
    jest.useFakeTimers({ now });
    const official = new Pusher({ appId: APP.id, key: APP.key, secret: APP.secret, cluster: 'eu' });
    const query = official.createSignedQueryString({ method: 'POST', path: '/apps/4711/events', body });
    const signed = new URL(signedUrl(APP, body, now));
    expect(`${signed.origin}${signed.pathname}`).toBe('https://api-eu.pusher.com/apps/4711/events');
    expect(signed.search).toBe(`?${query}`);
    expect(signed.href).not.toContain(APP.secret);
  });
});
