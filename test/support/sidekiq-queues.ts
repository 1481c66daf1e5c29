import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import { eventually } from './eventually';
import { services } from './services';

/** Names of the queues that Hub hands over to, without their prefix. */
const QUEUES = [
  ...['scheduler', 'pusher-live', 'insights', 'billing', 'logsearch', 'tasks', 'webhook', 'email', 'irc', 'slack'],
  ...['hipchat', 'campfire', 'flowdock', 'pushover', 'github_status', 'github_check_status', 'intercom'],
];
const LOCK = 'hub-test:sidekiq-queues';
const LOCK_MS = 20_000;

/** A job as it lies in Redis, with its arguments decoded one by one. */
export interface QueuedJob {
  readonly text: string;
  readonly envelope: Readonly<Record<string, unknown>> & { readonly jid: string; readonly class: string };
  readonly args: readonly unknown[];
}

/**
 * The queues of sibling services in the Redis of tests. Their names are given, so specs take turns: whoever has them
 * open has them for itself.
 */
export class SidekiqQueues {
  private readonly owner = randomUUID();
  private renewal: NodeJS.Timeout | undefined;

  private constructor(private readonly client: ReturnType<typeof makeClient>) {}

  static async open(): Promise<SidekiqQueues> {
    const client = makeClient();
    await client.connect();
    const queues = new SidekiqQueues(client);
    await queues.lock();
    await queues.clear();
    return queues;
  }

  get url(): string {
    return services.redisUrl;
  }

  async close(): Promise<void> {
    await this.clear();
    clearInterval(this.renewal);
    await this.client.del(LOCK);
    await this.client.close();
  }

  /** The jobs of a queue, in the order in which they will be worked off. */
  async jobs(queue: string): Promise<readonly QueuedJob[]> {
    return (await this.client.lRange(`queue:${queue}`, 0, -1)).reverse().map(decode);
  }

  /** Jobs that wait for their time, with that time in milliseconds. */
  async scheduled(): Promise<readonly (QueuedJob & { readonly at: number })[]> {
    const members = await this.client.zRangeWithScores('schedule', 0, -1);
    return members.map(({ value, score }) => ({ ...decode(value), at: score * 1000 }));
  }

  /** Queues that are listed, as Sidekiq's workers and web pages know them. */
  async listed(): Promise<readonly string[]> {
    const names = await this.client.sMembers('queues');
    return names.filter((name) => QUEUES.includes(name)).sort();
  }

  /** Queues with jobs in them. */
  async filled(): Promise<readonly string[]> {
    const lengths = await Promise.all(QUEUES.map((queue) => this.client.lLen(`queue:${queue}`)));
    return QUEUES.filter((_queue, index) => lengths[index] !== 0).sort();
  }

  /** Switches a feature of the installation on. */
  async switchOn(feature: string, who: 'repositories' | 'users' | 'organizations', id: number): Promise<void> {
    await this.client.sAdd(`feature:${feature}:${who}`, String(id));
  }

  async switchOnForAll(feature: string): Promise<void> {
    await this.client.set(`feature:${feature}:disabled`, '1');
  }

  /** Makes Redis refuse jobs for a queue, by something else under its name. */
  async spoil(queue: string): Promise<void> {
    await this.client.set(`queue:${queue}`, 'not a list');
  }

  async unspoil(queue: string): Promise<void> {
    await this.client.del(`queue:${queue}`);
  }

  async clear(): Promise<void> {
    const features = ['repositories', 'users', 'organizations', 'disabled'].map(
      (who) => `feature:use_commit_status:${who}`,
    );
    await this.client.del([...QUEUES.map((queue) => `queue:${queue}`), ...features]);
    await this.client.sRem('queues', QUEUES);
    const ours = (await this.scheduled()).filter(({ envelope }) => envelope.class.includes('LogSearch'));
    if (ours.length > 0) {
      await this.client.zRem(
        'schedule',
        ours.map(({ text }) => text),
      );
    }
  }

  private async lock(): Promise<void> {
    await eventually(
      async () => {
        const taken = await this.client.set(LOCK, this.owner, { NX: true, PX: LOCK_MS });
        if (taken !== 'OK') throw new Error('another spec has the queues');
      },
      { timeoutMs: 120_000 },
    );
    this.renewal = setInterval(() => void this.client.pExpire(LOCK, LOCK_MS), LOCK_MS / 4).unref();
  }
}

function makeClient() {
  const client = createClient({ url: services.redisUrl, RESP: 2 });
  client.on('error', () => undefined);
  return client;
}

function decode(text: string): QueuedJob {
  const { args, ...envelope } = JSON.parse(text) as { args: string[] } & QueuedJob['envelope'];
  return { text, envelope, args: args.map((arg) => JSON.parse(arg) as unknown) };
}
