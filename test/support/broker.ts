import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { brokerAdmin } from './broker-admin';
import { HOW_TO_START, services } from './services';

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
  return {
    url: url.href,
    messagesIn: (queue) => admin.messagesIn(vhost, queue),
    drop: () => admin.deleteVhost(vhost),
  };
}

function sharedBroker(url: string): TestBroker {
  return {
    url,
    async messagesIn(queue) {
      const connection = await connect(url);
      try {
        return (await (await connection.createChannel()).checkQueue(queue)).messageCount;
      } finally {
        await connection.close();
      }
    },
    drop: () => Promise.resolve(),
  };
}
