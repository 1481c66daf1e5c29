import { setTimeout as wait } from 'node:timers/promises';
import type { RedisClientType } from '@redis/client';
import type { Logger } from 'pino';
import { redisLibrary } from './library';

export type RedisClient = RedisClientType;

const CONNECT_MS = 5_000;
const SILENCE_MS = 15_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * One connection to a Redis, brought back whenever it is lost.
 *
 * While the server is away every command fails at once, so that nobody waits unknowingly; what is to wait for Redis
 * has to say so by trying again.
 */
export class RedisConnection {
  readonly client: RedisClient;
  private away: string | null = 'it has not answered yet';
  private told = false;
  private closed = false;
  private asked = false;
  private probing: NodeJS.Timeout | undefined;

  /**
   * @param url secret: may hold a password
   * @param silenceMs a server that says nothing for so long is given up and connected to again, in milliseconds
   * @throws Error when the url names no database, without its password
   */
  constructor(
    url: string,
    private readonly log: Logger,
    private readonly silenceMs = SILENCE_MS,
  ) {
    this.client = createRedisClient(url, silenceMs);
    // Without a listener an error would end the process.
    this.client.on('error', (error: unknown) => this.lost(error));
    this.client.on('ready', () => this.found());
  }

  /** Why commands fail now, in a few words; null while Redis answers. */
  get problem(): string | null {
    return this.away;
  }

  /** Connects in the background and stays connected until {@link close}. */
  open(): void {
    // It tries for ever, so it fails only when it is closed.
    this.client.connect().catch(() => undefined);
    this.probing ??= setInterval(() => void this.probe(), this.silenceMs / 3).unref();
  }

  /** Ends it at once: whoever needs an answer has waited for it by now. */
  close(): void {
    this.closed = true;
    clearInterval(this.probing);
    if (this.client.isOpen) this.client.destroy();
  }

  /** The library takes its own writes for signs of life, so a server that hangs would never be given up. */
  private async probe(): Promise<void> {
    if (this.asked || !this.client.isReady) return;
    this.asked = true;
    const answer = this.client.ping().catch(() => 'the connection broke, which the library mends');
    const answered = (await Promise.race([answer, wait(this.silenceMs, null, { ref: false })])) !== null;
    this.asked = false;
    if (answered || this.closed || !this.client.isOpen) return;
    this.lost(new Error(`no answer within ${this.silenceMs} ms`));
    this.client.destroy();
    this.open();
  }

  private found(): void {
    // It was closed while it was connecting, when there was nothing to end yet.
    if (this.closed) return this.client.destroy();
    this.away = null;
    if (this.told) this.log.info('Redis answers again');
    this.told = false;
  }

  /** One line for an outage: an attempt fails every other second. */
  private lost(error: unknown): void {
    this.away = describe(error);
    if (this.told || this.closed) return;
    this.told = true;
    this.log.warn({ err: error }, 'Redis is away; connecting again until it answers');
  }
}

function createRedisClient(url: string, silenceMs: number): RedisClient {
  try {
    return redisLibrary().createClient({
      url,
      name: 'hub',
      disableOfflineQueue: true,
      // Only Redis Enterprise knows these; others would answer each connection with an error.
      maintNotifications: 'disabled',
      socket: { connectTimeout: CONNECT_MS, socketTimeout: silenceMs, reconnectStrategy: pauseMs },
    });
  } catch {
    // The library's own words may quote the url.
    throw new Error('The url of Redis cannot be used: what follows the address must be the number of a database.');
  }
}

/** Exponential with jitter, so that replicas do not come back in step. */
function pauseMs(retries: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retries) * (0.5 + Math.random() / 2);
}

/** Node leaves the message empty when it tried several addresses of a host. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as { code?: string }).code || error.name;
}
