import { kinds, nullable, optional, type SettingsOf } from '../../channel';
import type { PusherApp } from './sign';

/** What stands in paths and queries as it is, so that nothing that is signed has to be encoded. */
const word = kinds.token.regex(/^[\w.-]+$/, 'may hold only letters, digits, "-", "_" and "."');

/** Kubernetes sets PUSHER_PORT itself, to `tcp://…`, beside a service called `pusher`: that says nothing to us. */
const port = kinds.text
  .refine((value) => /^tcp:/.test(value) || (/^\d{1,5}$/.test(value) && Number(value) <= 65_535), 'must be a port')
  .transform((value) => (/^tcp:/.test(value) ? null : Number(value)));

/** What the operator may set; the names are those of Pusher's own guides and of Travis. */
export const variables = {
  url: nullable({
    name: 'PUSHER_URL',
    aliases: ['TRAVIS_PUSHER_URL'],
    kind: kinds.url('https', 'http'),
    help: 'The app that live updates go to: of Pusher, or of another server of its protocol, such as soketi.',
    example: 'https://key:secret@api-eu.pusher.com/apps/4711',
  }),
  appId: nullable({
    name: 'PUSHER_APP_ID',
    aliases: ['TRAVIS_PUSHER_APP_ID'],
    kind: word,
    help: 'The id of the app. This and the next six are for when there is no PUSHER_URL.',
    example: '4711',
  }),
  key: nullable({
    name: 'PUSHER_KEY',
    aliases: ['TRAVIS_PUSHER_KEY', 'PUSHER_APP_KEY'],
    kind: word,
    help: 'The key of the app.',
    example: 'a1b2c3d4e5f6a7b8c9d0',
  }),
  secret: nullable({
    name: 'PUSHER_SECRET',
    aliases: ['TRAVIS_PUSHER_SECRET', 'PUSHER_APP_SECRET'],
    kind: kinds.token,
    help: 'The secret of the app.',
    example: 'f0e1d2c3b4a5f6e7d8c9',
  }),
  host: nullable({
    name: 'PUSHER_HOST',
    aliases: ['TRAVIS_PUSHER_HOST'],
    kind: word,
    help: "The server's host; it may be an internal one. Without it that of PUSHER_CLUSTER.",
    example: 'soketi.internal',
  }),
  port: nullable({
    name: 'PUSHER_PORT',
    aliases: ['TRAVIS_PUSHER_PORT'],
    kind: port,
    help: "The server's port. Without it that of PUSHER_SCHEME.",
    example: '6001',
  }),
  scheme: optional(
    {
      name: 'PUSHER_SCHEME',
      aliases: ['TRAVIS_PUSHER_SCHEME'],
      kind: kinds.oneOf(['https', 'http']),
      help: 'How the server is spoken to: https or http.',
      example: 'http',
    },
    'https',
  ),
  cluster: nullable({
    name: 'PUSHER_CLUSTER',
    aliases: ['PUSHER_APP_CLUSTER'],
    kind: word,
    help: "Pusher's cluster that the app is in.",
    example: 'eu',
  }),
  secure: optional(
    {
      name: 'PUSHER_SECURE',
      aliases: ['TRAVIS_PUSHER_SECURE'],
      kind: kinds.truth,
      help: 'Keep live updates of public repositories, too, to users who have a permission.',
      example: 'true',
    },
    false,
  ),
} as const;

/**
 * The app that events go to.
 *
 * @throws Error saying what is missing; without any value, for they are secrets
 */
export function pusherApp(settings: SettingsOf<typeof variables>): PusherApp {
  const { url, appId, key, secret, host, cluster, scheme, port } = settings;
  if (url !== null) return appOfUrl(new URL(url));
  if (appId === null || key === null || secret === null) {
    throw new Error(
      'The channel pusher knows no app: set PUSHER_URL, or PUSHER_APP_ID, PUSHER_KEY and PUSHER_SECRET, or pusher=off.',
    );
  }
  const usual = cluster === null ? 'api.pusherapp.com' : `api-${cluster}.pusher.com`;
  return { origin: `${scheme}://${host ?? usual}${port === null ? '' : `:${port}`}`, id: appId, key, secret };
}

function appOfUrl({ origin, username: key, password, pathname }: URL): PusherApp {
  const id = /^\/apps\/([\w.-]+)\/?$/.exec(pathname)?.[1];
  if (id === undefined || !/^[\w.-]+$/.test(key) || password === '') {
    throw new Error('PUSHER_URL names no app: write it as https://key:secret@host/apps/id.');
  }
  return { origin, id, key, secret: decodeURIComponent(password) };
}
