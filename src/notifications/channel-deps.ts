import type { Socket } from 'node:net';
import type { Config } from '../config';
import type { HttpRequest, HttpResponse, Method, PostRequest, SocketRequest } from '../http';
import type { Directory } from './directory';
import type { UnsubscribeLinks } from './unsubscribe/links';

/** The part of Hub's configuration that every channel may see: no database, broker or API credentials. */
export type ChannelConfig = Pick<Config, 'web' | 'webhook'>;

/** An HTTP client, as far as channels need it. */
export interface HttpClient {
  post(url: string, request: PostRequest): Promise<HttpResponse>;
  request(method: Method, url: string, request: HttpRequest): Promise<HttpResponse>;
  /** For SDKs that take a `fetch`. */
  readonly fetch: typeof fetch;
}

/** Reaches public addresses only: the one way for a channel to call a url that a user gave. */
export interface ChannelHttp extends HttpClient {
  /** Reaches internal addresses too: for urls that the operator configured, never for those of users. */
  readonly trusted: HttpClient;
}

/** Connections for protocols other than HTTP, to public addresses unless the operator configured the host. */
export interface ChannelSockets {
  /**
   * @param request with `trusted` for a host that the operator configured: it may be internal
   * @throws RequestRefused when the address must not be reached, RequestFailed when it cannot be now
   */
  connect(request: SocketRequest & { readonly trusted?: boolean }): Promise<Socket>;
}

/** Opens what people encrypted with their repository's public key. */
export interface ChannelSecrets {
  /** The value with every `{ secure: … }` in it replaced by its plain text, or by null when that cannot be read. */
  reveal<V>(repositoryId: number, value: V): Promise<V>;
}

/** How a message is described to those who receive it; as AMQP 0-9-1 has it. */
export interface MessageProperties {
  readonly contentType?: string;
  readonly messageId?: string;
  readonly type?: string;
  readonly appId?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** In seconds since 1970. */
  readonly timestamp?: number;
}

/** Publishes on Hub's broker. */
export interface ChannelBroker {
  /**
   * Declares the exchange (durable) when it is not there, and returns once the broker has confirmed the message.
   *
   * @throws when the broker is away, refuses, or the signal aborts
   */
  publish(
    exchange: { readonly name: string; readonly type: 'topic' | 'fanout' | 'direct' | 'headers' },
    routingKey: string,
    body: Buffer,
    properties: MessageProperties,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Structured logging; fields first, as pino has it. */
export interface ChannelLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What the database knows about people and repositories: read when it is asked, never cached. */
export type ChannelDirectory = Pick<Directory, keyof Directory>;

/** What every channel is given at boot. */
export interface ChannelDeps<S = unknown> {
  /** The values of the channel's own `variables`. */
  readonly settings: S;
  readonly config: ChannelConfig;
  readonly http: ChannelHttp;
  readonly sockets: ChannelSockets;
  readonly secrets: ChannelSecrets;
  readonly directory: ChannelDirectory;
  /** Null without HUB_PUBLIC_URL and HUB_UNSUBSCRIBE_SECRET. */
  readonly unsubscribe: UnsubscribeLinks | null;
  /** Null when Hub has no broker (RABBITMQ_URL). */
  readonly broker: ChannelBroker | null;
  readonly logger: ChannelLogger;
}
