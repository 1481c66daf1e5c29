import { fallbacksOf, loadConfig } from '../../../config';
import { pusherApp, variables } from './settings';

/** The app that this environment names, as Hub reads it at boot. */
function appOf(environment: Readonly<Record<string, string>>): ReturnType<typeof pusherApp> {
  const needed = { DATABASE_URL: 'postgres://127.0.0.1/unused', HTTP_BASIC_AUTH: 'user:password' };
  const { channelSettings } = loadConfig({ ...needed, ...environment }, { pusher: variables });
  return pusherApp(channelSettings['pusher'] as Parameters<typeof pusherApp>[0]);
}

const KEYS = { PUSHER_APP_ID: '4711', PUSHER_KEY: 'key', PUSHER_SECRET: 'hunter2' };

describe('pusherApp', () => {
  it.each([
    ['one url', { PUSHER_URL: 'https://key:hunter2@api-eu.pusher.com/apps/4711' }, 'https://api-eu.pusher.com'],
    ['a url with a port', { PUSHER_URL: 'http://key:hunter2@soketi:6001/apps/4711/' }, 'http://soketi:6001'],
    ['keys alone', KEYS, 'https://api.pusherapp.com'],
    ['a cluster', { ...KEYS, PUSHER_CLUSTER: 'eu' }, 'https://api-eu.pusher.com'],
    [
      'a server of their own',
      { ...KEYS, PUSHER_HOST: 'soketi.internal', PUSHER_PORT: '6001', PUSHER_SCHEME: 'http' },
      'http://soketi.internal:6001',
    ],
    [
      'the names of Travis',
      { TRAVIS_PUSHER_APP_ID: '4711', TRAVIS_PUSHER_KEY: 'key', TRAVIS_PUSHER_SECRET: 'hunter2' },
      'https://api.pusherapp.com',
    ],
  ])('reads %s', (_what, environment, origin) => {
    expect(appOf(environment)).toEqual({ origin, id: '4711', key: 'key', secret: 'hunter2' });
  });

  it('does not mind the port that Kubernetes sets beside a service called pusher', () => {
    expect(appOf({ ...KEYS, PUSHER_PORT: 'tcp://10.0.0.1:80' }).origin).toBe('https://api.pusherapp.com');
    expect(() => appOf({ ...KEYS, PUSHER_PORT: 'udp' })).toThrow(/PUSHER_PORT.*must be a port/);
  });

  it('reads a secret with characters that urls write otherwise', () => {
    expect(appOf({ PUSHER_URL: 'https://key:hunter%2F2@host/apps/1' }).secret).toBe('hunter/2');
  });

  it.each([
    ['no app', {}, /set PUSHER_URL, or PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET/],
    ['no secret', { PUSHER_APP_ID: '4711', PUSHER_KEY: 'key' }, /PUSHER_SECRET/],
    ['a url without an app', { PUSHER_URL: 'https://key:hunter2@host/' }, /write it as https:/],
    ['a url without a secret', { PUSHER_URL: 'https://key@host/apps/1' }, /write it as https:/],
    ['a key that would have to be encoded', { ...KEYS, PUSHER_KEY: 'k&y' }, /PUSHER_KEY/],
  ])('says what to do about %s, without the secret', (_what, environment, message) => {
    expect(() => appOf(environment)).toThrow(message);
    expect(() => appOf(environment)).not.toThrow(/hunter2/);
  });

  it('knows no app when nothing is set', () => {
    expect(() => pusherApp(fallbacksOf(variables))).toThrow('pusher=off');
  });
});
