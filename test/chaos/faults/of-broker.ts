import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connect } from 'amqplib';
import { QUEUE } from '../publisher';
import { drawReplica, drawSpan, type Fault, type OwnBroker } from './fault';

const CTL_MS = 60_000;
const EMPTY_MS = 10_000;

/** The broker is gone as in a power cut, and comes back with what it has on disk. */
export const brokerKilled: Fault = async (scene) => {
  await scene.broker.kill();
  await delay(Math.min(drawSpan(scene), 10_000));
  await scene.broker.start();
};

/** The broker is stopped in an orderly way. */
export const brokerStopped: Fault = async (scene) => {
  await control(scene.broker, 'stop_app');
  await delay(Math.min(drawSpan(scene), 10_000));
  await control(scene.broker, 'start_app');
};

export const connectionsClosed: Fault = async ({ broker }) => {
  await control(broker, 'close_all_connections', 'chaos');
};

/** Somebody deletes the queue with all that is in it. */
export const queueDeleted: Fault = async ({ world, broker }) => {
  await world.loseQueue(() => deleteQueue(broker));
};

/** The consumers are canceled and the queue is there again at once, as when it moves to another node. */
export const consumersCanceled: Fault = async ({ world, broker }) => {
  await world.loseQueue(async () => {
    await deleteQueue(broker);
    await withChannel(broker, (channel) => channel.assertQueue(QUEUE, { durable: true }));
  });
};

/** The line between one replica and the broker. */
export const brokerLineCut: Fault = async (scene) => {
  const { broker } = drawReplica(scene);
  broker.cut();
  await delay(drawSpan(scene));
  broker.restore();
};

export const brokerLineHangs: Fault = async (scene) => {
  const { broker } = drawReplica(scene);
  broker.hang();
  await delay(drawSpan(scene));
  broker.restore();
};

export const brokerLineSlow: Fault = async (scene) => {
  const lines = scene.replicas.map(({ broker }) => broker);
  for (const line of lines) line.slow(scene.random.between(20, 200));
  await delay(drawSpan(scene));
  for (const line of lines) line.restore();
};

export async function control(broker: OwnBroker, ...args: readonly string[]): Promise<string> {
  const command = broker.admin.slice('ctl:'.length);
  const { stdout } = await promisify(execFile)(command, ['--quiet', ...args], { timeout: CTL_MS, cwd: '/' });
  return stdout;
}

/** Messages that nobody has acked; null while the broker does not say. */
export async function unacked(broker: OwnBroker): Promise<number | null> {
  const list = await control(broker, 'list_queues', 'name', 'messages', '--formatter', 'json').catch(() => '[]');
  const queues = JSON.parse(list) as { readonly name: string; readonly messages?: number }[];
  return queues.find(({ name }) => name === QUEUE)?.messages ?? null;
}

async function deleteQueue(broker: OwnBroker): Promise<void> {
  await withChannel(broker, (channel) => channel.deleteQueue(QUEUE));
}

async function withChannel(
  broker: OwnBroker,
  work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>) => Promise<unknown>,
): Promise<void> {
  const connection = await connect(broker.url, { timeout: EMPTY_MS });
  connection.on('error', () => undefined);
  try {
    await work(await connection.createChannel());
  } finally {
    await connection.close().catch(() => undefined);
  }
}
