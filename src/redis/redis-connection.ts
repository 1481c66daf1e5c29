import { createClient } from '@redis/client';
import { logger } from '../logging';

/** A connection that hangs is noticed and made anew after this time, in milliseconds. */
const SILENCE_MS = 15_000;
const PING_MS = 5_000;
const CONNECT_MS = 5_000;
const LONGEST_PAUSE_MS = 1_000;

/** The client library's object: commands fail at once while its `isReady` is false; a transaction waits. */
export type RedisClient = ReturnType<typeof makeClient>;

/**
 * A connection to one Redis, shared by whoever needs it. It is made and kept up in the background: nobody waits for it
 * at boot, and an outage is one line in the log.
 */
export class RedisConnection {
  readonly client: RedisClient;
  private readonly log = logger.child({ component: 'redis' });
  private troubled = false;

  /**
   * @param name what it is for, as the log calls it
   * @param url never logged: it may hold a password
   * @throws Error when it cannot be used; the message does not repeat it
   */
  constructor(
    readonly name: string,
    url: string,
  ) {
    this.client = makeClient(name, url);
    this.client.on('error', (error: unknown) => this.noteTrouble(error));
    this.client.on('ready', () => {
      this.troubled = false;
      this.log.info({ redis: name }, 'Redis answers');
    });
  }

  /** Begins to connect and goes on trying until {@link close}. */
  start(): void {
    // It fails only when it is closed meanwhile.
    this.client.connect().catch(() => undefined);
  }

  /** Closes at once, whatever state it is in. */
  close(): void {
    if (this.client.isOpen) this.client.destroy();
  }

  private noteTrouble(error: unknown): void {
    if (!this.troubled)
      this.log.warn({ redis: this.name, err: error }, 'Redis does not answer; trying again each second');
    this.troubled = true;
  }
}

/** RESP 2, and no words about ourselves: installations may run an old Redis. */
function makeClient(name: string, url: string) {
  try {
    return createClient({
      url,
      RESP: 2,
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      pingInterval: PING_MS,
      socket: {
        connectTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
        reconnectStrategy: (retries) => Math.min(LONGEST_PAUSE_MS, 50 * 2 ** retries),
      },
    });
  } catch {
    // The library's words quote the url.
    throw new Error(`The url of the ${name} Redis cannot be used: at its end may stand the number of a database only.`);
  }
}
