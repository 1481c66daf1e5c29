import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ConfirmChannel } from 'amqplib';
import { answerParent, sharedClock, waitForParent } from './child';
import type { WireMessage } from './messages';

/**
 * Publishes as workers do: to the queue, persistent, with confirms. A process of its own, so that what it costs is not
 * counted as Hub's. Its arguments: the broker's url and the queue.
 */

/** How often it looks at the queue, in messages and in milliseconds. */
const LOOK_EVERY = 200;
const LOOK_MS = 20;

/** How many messages may wait for their confirm. */
const MOST_UNCONFIRMED = 2_000;

export interface PublishOrder {
  /** Messages per second, evenly; as fast as the broker takes them when null. */
  readonly rate: number | null;
  /** So many messages wait in the queue at most; as many as there are when null. */
  readonly waiting: number | null;
}

export interface Published {
  /** Of the first message, on the shared clock. */
  readonly begun: number;
  /** When the last confirm had come. */
  readonly ended: number;
  /** When each message was handed over, on the shared clock. */
  readonly sentAt: Float64Array;
}

const [, , url = '', queue = ''] = process.argv;
let messages: { readonly type: string; readonly body: Buffer }[] = [];
let channel: ConfirmChannel | undefined;

async function load(file: string): Promise<number> {
  messages = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [type, body] = JSON.parse(line) as WireMessage;
      return { type, body: Buffer.from(body) };
    });
  if (!channel) {
    channel = await (await connect(url)).createConfirmChannel();
    await channel.assertQueue(queue, { durable: true });
  }
  return messages.length;
}

async function publish({ rate, waiting }: PublishOrder): Promise<Published> {
  if (!channel) throw new Error('nothing was loaded');
  const open = channel;
  const sentAt = new Float64Array(messages.length);
  let unconfirmed = 0;
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  const confirmed = (error: Error | null) => {
    unconfirmed -= 1;
    failure ??= error ?? undefined;
    if (unconfirmed < MOST_UNCONFIRMED / 2) wake?.();
  };
  const begun = sharedClock();
  for (let i = 0; i < messages.length; i++) {
    if (rate !== null) await untilTime(begun + (i * 1_000) / rate);
    if (waiting !== null && i % LOOK_EVERY === 0) await until(async () => (await ready()) < waiting);
    if (unconfirmed >= MOST_UNCONFIRMED) await new Promise<void>((resolve) => (wake = resolve));
    if (failure) throw failure;
    const { type, body } = messages[i] ?? { type: '', body: Buffer.alloc(0) };
    sentAt[i] = sharedClock();
    unconfirmed += 1;
    open.sendToQueue(
      queue,
      body,
      { type, persistent: true, contentType: 'application/json', timestamp: Math.floor(Date.now() / 1_000) },
      confirmed,
    );
  }
  await open.waitForConfirms();
  return { begun, ended: sharedClock(), sentAt };
}

/** Timers are good to a millisecond: at high rates the few messages of one go out together. */
async function untilTime(time: number): Promise<void> {
  const wait = time - sharedClock();
  if (wait > 0) await delay(Math.ceil(wait));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(LOOK_MS);
}

async function ready(): Promise<number> {
  return (await channel?.checkQueue(queue))?.messageCount ?? 0;
}

answerParent({
  load: (file: string) => load(file),
  publish: (order: PublishOrder) => publish(order),
  ready,
});
waitForParent();
