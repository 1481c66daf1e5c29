import { kinds, nullable, optional, type SettingsOf } from '../../channel';

/** What both channels are configured with. */
export const githubVariables = {
  apiUrl: optional(
    {
      name: 'GITHUB_API_URL',
      aliases: ['TRAVIS_GITHUB_API_URL', 'GITHUB_API_ENDPOINT'],
      kind: kinds.webUrl,
      help: 'Where GitHub is told. GitHub Enterprise Server: https://HOST/api/v3.',
      example: 'https://github.example.org/api/v3',
    },
    'https://api.github.com',
  ),
  appId: nullable({
    name: 'GITHUB_APP_ID',
    aliases: ['GITHUB_APPS_ID', 'TRAVIS_GITHUB_APPS_ID'],
    kind: kinds.text.trim().regex(/^[\w.-]+$/, "must be the app's id or client id"),
    help: 'The GitHub app that sets check runs and commit statuses. Needs GITHUB_APP_PRIVATE_KEY.',
    example: '10131',
  }),
  privateKey: nullable({
    name: 'GITHUB_APP_PRIVATE_KEY',
    aliases: ['GITHUB_PRIVATE_PEM', 'TRAVIS_GITHUB_APPS_PRIVATE_PEM'],
    kind: kinds.rsaPrivateKey,
    help: 'Private key of the GitHub app: PEM, PEM with \\n for line breaks, or base64 of the PEM.',
    example: '-----BEGIN RSA PRIVATE KEY-----\\nMIIE...\\n-----END RSA PRIVATE KEY-----',
  }),
};

export type GithubSettings = SettingsOf<typeof githubVariables>;

/** The app that Hub is on GitHub; null when none is configured. */
export interface AppSettings {
  readonly id: string;
  readonly privateKey: string;
}

/** @throws Error when one half of the app is configured and the other is not */
export function appOf({ appId, privateKey }: Pick<GithubSettings, 'appId' | 'privateKey'>): AppSettings | null {
  if (appId !== null && privateKey !== null) return { id: appId, privateKey };
  if (appId === null && privateKey === null) return null;
  throw new Error('GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY belong together: set both, or neither.');
}
