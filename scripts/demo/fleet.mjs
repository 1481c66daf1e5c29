import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import { RunMessages } from './worker-messages.mjs';

const QUEUE = 'reporting.jobs.builds';
const COMMANDS = 'worker.commands';
const WORKERS = 4;
const SERVES = 'builds.linux';
/** How long booting a machine and running a job take, in milliseconds. */
const BOOT_MS = 250;
const RUN_MS = 450;

/**
 * A fleet of workers on the real broker, as Hub sees travis-ci/worker: they declare queue and exchanges in the same way,
 * report over the default exchange, and stop jobs when `worker.commands` says so.
 */
export class Fleet {
  #connection;
  #reports;
  #waiting = [];
  /** What runs now: how to stop it, by job id. */
  #running = new Map();
  #onLine;
  #stopping = false;

  /**
   * @param {string} url of the broker
   * @param {(line: { job: object, text: string }) => void} onLine told what a person may want to see
   */
  static async start(url, onLine) {
    const fleet = new Fleet();
    fleet.#onLine = onLine;
    fleet.#connection = await amqp.connect(url);
    fleet.lost = new Promise((_, reject) => {
      fleet.#connection.on('error', () => undefined);
      fleet.#connection.on('close', () => fleet.#stopping || reject(new Error('The workers lost the broker.')));
    });
    fleet.lost.catch(() => undefined);
    fleet.#reports = await fleet.#connection.createChannel();
    await fleet.#reports.assertExchange('reporting', 'topic', { durable: true });
    await fleet.#reports.assertQueue(QUEUE, { durable: true });
    await fleet.#listen();
    return fleet;
  }

  /** How many messages wait in the queue: Hub may still hold others in its hands. */
  async queueDepth() {
    return (await this.#reports.checkQueue(QUEUE)).messageCount;
  }

  /** True when no worker has anything to do. */
  get idle() {
    return this.#running.size === 0 && this.#waiting.length === 0;
  }

  /**
   * Gives a job to the workers, as a scheduler does.
   *
   * @param {{ id: number, number: string, queue: string, queuedAt: string, how: string | undefined }} job
   */
  offer(job) {
    if (job.queue !== SERVES) return;
    this.#waiting.push(job);
    this.#fill();
  }

  async stop() {
    this.#stopping = true;
    this.#waiting = [];
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.allSettled([...this.#running.values()].map(({ work }) => work));
    await this.#connection.close().catch(() => undefined);
  }

  #fill() {
    while (this.#waiting.length > 0 && this.#running.size < WORKERS) {
      const job = this.#waiting.shift();
      const abort = new AbortController();
      const work = this.#run(job, abort.signal).finally(() => {
        this.#running.delete(job.id);
        this.#fill();
      });
      work.catch(() => undefined);
      this.#running.set(job.id, { work, abort, job });
    }
  }

  /** One run of a job on a worker, told as it goes. */
  async #run({ id, how, queuedAt }, signal) {
    const run = new RunMessages({ jobId: id, uuid: randomUUID(), queuedAt });
    const times = how === 'stutters' ? 2 : 1;
    const report = (message) => this.#publish(message, times);
    report(run.receive());
    try {
      await delay(BOOT_MS + (id % 4) * 60, undefined, { signal });
      if (how === 'boot fails') return void report(run.reset());
      const started = run.start();
      report(started);
      if (how === 'hangs') await delay(3_600_000, undefined, { signal });
      await delay(RUN_MS + (id % 5) * 110, undefined, { signal });
      report(run.finish(how === 'fails' ? 'failed' : 'passed'));
      if (how === 'stutters') report(started);
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
      if (!this.#stopping) report(run.finish('cancelled'));
    }
  }

  #publish({ body, properties }, times) {
    for (let n = 0; n < times; n++) this.#reports.publish('', QUEUE, body, properties);
  }

  /** Hears cancellations, with the declarations and the leniency of a worker. */
  async #listen() {
    const channel = await this.#connection.createChannel();
    await channel.assertExchange(COMMANDS, 'fanout', { durable: false, autoDelete: false });
    const { queue } = await channel.assertQueue('', { durable: true, exclusive: true });
    await channel.bindQueue(queue, COMMANDS, '');
    await channel.consume(queue, (message) => {
      if (!message) return;
      channel.ack(message);
      const { type, job_id: id, reason } = JSON.parse(message.content.toString());
      const running = type === 'cancel_job' && Number.isInteger(id) ? this.#running.get(id) : undefined;
      // Told again, or about a job of another worker: both are usual.
      if (!running || running.abort.signal.aborted) return;
      this.#onLine({ job: running.job, text: `its worker hears cancel_job (${reason}), stops and reports` });
      running.abort.abort();
    });
  }
}
