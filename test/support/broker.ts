import { randomBytes } from 'node:crypto';
import { connect, type Channel } from 'amqplib';
import { brokerAdmin } from './broker-admin';
import { eventually } from './eventually';
import { HOW_TO_START, services } from './services';

const DRAINED_MS = 60_000;

/** A virtual host of one test's own, or, where none can be made, the run's. */
export interface TestBroker {
  readonly url: string;
  /**
   * Messages in a queue, those held by consumers (delivered, not acked) included.
   *
   * Without an admin only those that no consumer holds can be counted.
   * @throws when there is no such queue
   */
  messagesIn(queue: string): Promise<number>;
  /**
   * Resolves when a queue is empty and no consumer holds anything of it, as far as {@link messagesIn} can tell.
   *
   * The broker is asked over AMQP first: an admin that is a program takes a second for each answer.
   * @throws when that takes longer than `timeoutMs`, a minute unless told
   */
  drained(queue: string, timeoutMs?: number): Promise<void>;
  /** Deletes it with all its queues, which closes the connections that are still open to it. */
  drop(): Promise<void>;
}

/**
 * Creates a virtual host in which no other test's messages can be met.
 *
 * Without a way to make one (`HUB_TEST_RABBITMQ_ADMIN` is empty) it is the run's only one: tests then run one after
 * the other and delete what they declare.
 */
export async function createTestBroker(): Promise<TestBroker> {
  if (services.rabbitmqUrl === '') throw new Error(`No RabbitMQ for tests. ${HOW_TO_START}`);
  const url = new URL(services.rabbitmqUrl);
  if (services.rabbitmqAdmin === '') return sharedBroker(url.href);
  const admin = brokerAdmin(services.rabbitmqAdmin);
  const parent = decodeURIComponent(url.pathname.slice(1));
  const vhost = `${parent.startsWith('hub_tmp_') ? parent : 'hub_test'}_${randomBytes(5).toString('hex')}`;
  try {
    await admin.createVhost(vhost, decodeURIComponent(url.username) || 'guest');
  } catch (error) {
    throw new Error(`No virtual host for tests can be made at ${url.host}. ${HOW_TO_START}`, { cause: error });
  }
  url.pathname = `/${vhost}`;
  const messagesIn = (queue: string) => admin.messagesIn(vhost, queue);
  return {
    url: url.href,
    messagesIn,
    async drained(queue, timeoutMs = DRAINED_MS) {
      await emptied(url.href, queue, timeoutMs);
      await untilNone(() => messagesIn(queue), timeoutMs);
    },
    drop: () => admin.deleteVhost(vhost),
  };
}

function sharedBroker(url: string): TestBroker {
  return {
    url,
    messagesIn: (queue) => onChannel(url, (channel) => ready(channel, queue)),
    drained: (queue, timeoutMs = DRAINED_MS) => emptied(url, queue, timeoutMs),
    drop: () => Promise.resolve(),
  };
}

/** Nothing waits in the queue any more; consumers may still hold something. */
function emptied(url: string, queue: string, timeoutMs: number): Promise<void> {
  return onChannel(url, (channel) => untilNone(() => ready(channel, queue), timeoutMs));
}

function untilNone(count: () => Promise<number>, timeoutMs: number): Promise<void> {
  const probe = async () => {
    const left = await count();
    if (left > 0) throw new Error(`${left} messages are left`);
  };
  return eventually(probe, { timeoutMs });
}

async function ready(channel: Channel, queue: string): Promise<number> {
  return (await channel.checkQueue(queue)).messageCount;
}

async function onChannel<T>(url: string, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(url);
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}
