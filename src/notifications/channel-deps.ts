import type { Config } from '../config';
import type { HttpResponse, PostRequest } from '../http';

/** The part of Hub's configuration that channels may see: no database, broker or API credentials. */
export type ChannelConfig = Pick<Config, 'web' | 'webhook'>;

/** The guarded HTTP client, as far as channels need it. */
export interface ChannelHttp {
  post(url: string, request: PostRequest): Promise<HttpResponse>;
}

/** Structured logging; fields first, as pino has it. */
export interface ChannelLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What every channel is given at boot. */
export interface ChannelDeps {
  readonly config: ChannelConfig;
  /** Reaches public addresses only. The one way for a channel to call a url that a user gave. */
  readonly http: ChannelHttp;
  readonly logger: ChannelLogger;
}
