/** How a channel's notices leave: by Hub itself, through an existing service, or not at all (D11). */
export const CHANNEL_MODES = ['deliver', 'handover', 'off'] as const;
export type ChannelMode = (typeof CHANNEL_MODES)[number];

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Where a memcached listens. */
export interface MemcachedAddress {
  readonly host: string;
  readonly port: number;
  /** Its share of the keys, compared with the others. */
  readonly weight: number;
}

/** What is needed to reach the database; migrations and small programs need no more. */
export interface DatabaseConfig {
  /** Secret: may hold a password. */
  readonly url: string;
  /** Most connections of this process. */
  readonly pool: number;
  /** Migrate at boot; otherwise wait until somebody else did. Undefined means yes. */
  readonly migrate?: boolean;
}

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/**
 * Everything that can be set, parsed once at boot (D12).
 *
 * Secrets are plain strings, easy to use; `loadConfig` makes every printed form of it (JSON, `util.inspect`, logs) hide
 * them. Copying parts of it with `{ ...config.http }` loses that, so pass sections on as they are.
 */
export interface Config {
  readonly http: {
    /** 0 takes any free port. */
    readonly port: number;
    /** Accepted user:password pairs. Secret. */
    readonly basicAuth: readonly { readonly user: string; readonly password: string }[];
    /** Largest body of a request, in bytes. */
    readonly bodyLimitBytes: number;
    /** How many proxies stand before Hub. */
    readonly trustProxy: number;
  };
  readonly database: DatabaseConfig;
  readonly rabbitmq: {
    /** Secret: may hold a password. Null when Hub takes no messages and only answers its API. */
    readonly url: string | null;
    /** Queue name without `reporting.jobs.`, as Travis Hub's QUEUE. */
    readonly queue: string;
    /** Messages held unacked at once. */
    readonly prefetch: number;
    /** Extra queue arguments; leave empty unless the queue was declared with them. */
    readonly queueArguments: Readonly<Record<string, unknown>>;
  };
  readonly batch: {
    /** Most commands in one transaction. */
    readonly size: number;
  };
  /** Drop messages that a later one of the same worker run has overtaken (D6). */
  readonly orderGuard: boolean;
  /** Refuse every cancellation, as Travis Hub's CANCELLATION_DISABLED. */
  readonly cancellationDisabled: boolean;
  /** How long SIGTERM waits for work in hand, in milliseconds. */
  readonly graceMs: number;
  readonly log: LogConfig;
  readonly metrics: {
    /** Ask for the API's credentials at /metrics. */
    readonly authenticated: boolean;
  };
  readonly web: {
    /** Where people look at builds, e.g. `https://ci.example.org`, without a slash at the end; links in notices start with it. */
    readonly url: string;
  };
  /** By channel name, as configured. What the others do depends on the database: see Channels. */
  readonly channels: Readonly<Record<string, ChannelMode>>;
  /** Npm packages that bring channels, by the channels' names. */
  readonly channelPackages: Readonly<Record<string, string>>;
  /** By channel name: the values of the variables that the channel declares itself. May be secret. */
  readonly channelSettings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly webhook: {
    /** PEM of the RSA key that signs the `Signature` header. Secret. */
    readonly signingKey: string | null;
    /** `whsec_…` secret of the Standard Webhooks headers. Secret. */
    readonly standardSecret: string | null;
    /** Urls told about every build. May hold credentials. Secret. */
    readonly globalUrls: readonly string[];
    /** Hosts, addresses and CIDR ranges that user-given URLs may reach although they are internal. */
    readonly allowedHosts: readonly string[];
  };
  readonly unsubscribe: {
    /** Where people reach Hub itself, without a slash at the end; null when they cannot. */
    readonly publicUrl: string | null;
    /** Signs the links by which people unsubscribe. Secret. */
    readonly secret: string | null;
  };
  readonly tokens: {
    /** PEM of the RSA key that tokens of workers and builds are verified with; null when none are accepted. */
    readonly publicKey: string | null;
    /** PEM of the RSA key that signs the tokens Hub gives out. Secret. */
    readonly privateKey: string | null;
  };
  readonly resets: {
    /** A job that was reset so often is errored instead; 0 for never. */
    readonly limit: number;
    /** How long ago the first of them must be, in milliseconds. */
    readonly afterMs: number;
  };
  readonly doctor: {
    /** How often recent builds are looked at, in milliseconds; 0 for never. */
    readonly everyMs: number;
    /** Most findings that are mended in one look. */
    readonly most: number;
  };
  readonly stale: {
    /** A running job that was not touched for so long is errored, in milliseconds; 0 for never. */
    readonly afterMs: number;
    /** Most jobs in one pass. */
    readonly most: number;
  };
  readonly logs: {
    /** Address of travis-logs without a slash at the end; null when there is none. */
    readonly url: string | null;
    /** Secret. */
    readonly token: string | null;
  };
  readonly jobBoard: {
    /** Address of the Job Board with its user and password, without a slash at the end; null when there is none. Secret. */
    readonly url: string | null;
    readonly site: 'org' | 'com';
  };
  readonly redis: {
    /** Redis of a Travis installation; null when there is none. Secret: may hold a password. */
    readonly url: string | null;
    /** Redis of travis-insights, when it is another one. Secret. */
    readonly insightsUrl: string | null;
  };
  /** Key of the columns that a Travis installation encrypts: OAuth tokens, private keys. Null when unknown. Secret. */
  readonly encryption: { readonly key: string | null };
  /** Queues in Redis, without the prefix `queue:`. */
  readonly sidekiq: {
    readonly scheduler: string;
    readonly insights: string;
    /** One for all kinds of notices; null when each has its own. */
    readonly tasks: string | null;
    readonly logsearchDelayMs: number;
    /** The installation has travis-insights. */
    readonly insightsEnabled: boolean;
    /** The installation has travis-logsearch. */
    readonly logsearchEnabled: boolean;
  };
  /** The memcached that holds the results that badges of a Travis installation show. */
  readonly statesCache: {
    /** None when there is no such cache. */
    readonly servers: readonly MemcachedAddress[];
  };
  /** The trace processor of a Travis installation. */
  readonly traceProcessor: {
    /** With its user and password, without a slash at the end; null when there is none. Secret. */
    readonly url: string | null;
  };
  /** The artifact manager of a Travis installation. */
  readonly artifactManager: {
    /** Without a slash at the end; null when there is none. */
    readonly url: string | null;
    /** Secret. */
    readonly key: string | null;
  };
  /** The service that copies repositories that moved from travis-ci.org to travis-ci.com. */
  readonly merge: {
    /** Without a slash at the end; null when nobody is to be told. */
    readonly url: string | null;
    /** Secret. */
    readonly token: string | null;
  };
  /** The project at Keen that counts jobs. */
  readonly keen: {
    /** Without a slash at the end. */
    readonly url: string;
    /** Null when there is none. */
    readonly projectId: string | null;
    /** Secret. */
    readonly writeKey: string | null;
  };
  /** Days that a finished event or delivery is kept. */
  readonly retentionDays: number;
  /** Only for tests: where this process shall kill itself, e.g. `before-commit:3` (src/faults.ts). */
  readonly fault: string | null;
  /** Sentences about settings that are probably mistakes but stop nothing; logged at boot. Never hold a value. */
  readonly warnings: readonly string[];
}
