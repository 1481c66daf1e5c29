import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { AddressGuard } from '../../src/http/address-guard';
import { GuardedHttp } from '../../src/http/guarded-http';
import { GuardedSockets } from '../../src/http/guarded-sockets';
import { EVERYWHERE, TrustedHttp, TrustedSockets } from '../../src/http/trusted';
import { isSecret, type ChannelBroker, type ChannelDeps, type ChannelDirectory } from '../../src/notifications/channel';
import type { BuildDetails } from '../../src/notifications/handover/facts/build-details';
import { httpFor, socketsFor } from '../../src/notifications/channel-network';

/** What a channel published, in the order of its calls. */
export type Published = Parameters<ChannelBroker['publish']>;

/** What a channel is made with in tests, and what it left there. */
export interface SampleDeps<S> {
  readonly deps: ChannelDeps<S>;
  /** Every line that was logged. */
  readonly logged: unknown[][];
  readonly published: Published[];
  readonly close: () => Promise<void>;
}

/**
 * Everything a channel may be given: real clients that reach 127.0.0.1, a database that knows a few people, a broker that
 * keeps what is published.
 *
 * @param settings the values of the channel's own variables
 * @param own what the test wants otherwise
 */
export function sampleDeps<S>(settings: S, own: Partial<ChannelDeps<S>> = {}): SampleDeps<S> {
  const logged: unknown[][] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  const published: Published[] = [];
  const guarded = new GuardedHttp({ allowedHosts: ['127.0.0.1'] });
  const trusted = new TrustedHttp({ allowedHosts: EVERYWHERE });
  const deps: ChannelDeps<S> = {
    settings,
    config: {
      web: { url: 'https://ci.example.org' },
      webhook: { ...sampleKeys(), globalUrls: [], allowedHosts: ['127.0.0.1'] },
    },
    http: httpFor(guarded, trusted),
    sockets: socketsFor(
      new GuardedSockets(new AddressGuard(['127.0.0.1'])),
      new TrustedSockets(new AddressGuard(EVERYWHERE)),
    ),
    secrets: { reveal: <V>(_repositoryId: number, value: V) => Promise.resolve(opened(value) as V) },
    directory: sampleDirectory(),
    unsubscribe: { linkFor: (repositoryId) => `https://hub.example.org/mail/unsubscribe/${repositoryId}.a.b` },
    broker: {
      publish: async (...message) => {
        message[4].throwIfAborted();
        published.push(message);
      },
    },
    logger: { info: log, warn: log },
    ...own,
  };
  const close = async (): Promise<void> => {
    await Promise.all([guarded.close(), trusted.close()]);
  };
  return { deps, logged, published, close };
}

/** In samples what is encrypted holds its plain text. */
function opened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSecret(value)) return value.secure;
  if (Array.isArray(value)) return value.map(opened);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, opened(part)]));
}

/** A build about which nothing is known but that it exists. */
export const BARE_DETAILS: BuildDetails = {
  ...{ owner_type: null, owner_id: null, sender_type: null, sender_id: null, owner: null, sender: null },
  ...{ private: false, created_at: null, request_token: null, pull_request: null, jobs: new Map() },
  repository: {
    ...{ description: null, active: null, github_language: null, owner_email: null, owner_avatar_url: null },
    ...{ public_key: null, default_branch_last_build_id: null },
  },
};

/** A database in which the author may see the repository, nobody unsubscribed, and GitHub's app is installed. */
export function sampleDirectory(own: Partial<ChannelDirectory> = {}): ChannelDirectory {
  return {
    defaultRecipients: async ({ commit }) => (commit?.author_email ? [commit.author_email] : []),
    withoutUnsubscribed: async (_repositoryId, emails) => emails,
    broadcasts: async () => [],
    audience: async () => [1],
    githubAccess: async () => ({ installation: 12_345, managed: true }),
    githubTokens: async () => ({ svenfuchs: 'gho_sampleToken' }),
    buildDetails: async () => BARE_DETAILS,
    isFeatureOn: async () => false,
    ...own,
  };
}

let keys: { readonly signingKey: string; readonly standardSecret: string } | null = null;

/** Real keys that are used nowhere else, made once. */
function sampleKeys(): NonNullable<typeof keys> {
  if (keys !== null) return keys;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  keys = { signingKey, standardSecret: `whsec_${randomBytes(32).toString('base64')}` };
  return keys;
}
