import { giveToAnother, type Fleet, type WorkPlace } from '../fleet';
import { AmqpRun } from './amqp-run';
import type { SessionOptions } from './session';
import { WorkerProcess } from './worker-process';

/** How many workers share a process and its connection. */
const WORKERS_PER_PROCESS = 10;

/** Workers that take jobs from queues and report over the broker. */
export class AmqpFleet implements Fleet {
  private readonly processes: readonly WorkerProcess[];

  constructor(
    private readonly place: WorkPlace,
    workers: number,
    options: SessionOptions,
  ) {
    const lost = () => place.ledger.count('connections_lost');
    this.processes = Array.from(
      { length: Math.ceil(workers / WORKERS_PER_PROCESS) },
      () => new WorkerProcess(options, place.signal, lost),
    );
  }

  async start(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.session()));
  }

  async work(worker: number): Promise<void> {
    const { waiting, signal, ledger } = this.place;
    const process = this.processes[worker % this.processes.length];
    if (!process) throw new Error('a worker has a process');
    for (;;) {
      const handout = await waiting.take(signal);
      const session = await process.session();
      const run = new AmqpRun({ ...this.place, anySession: () => process.session() }, handout, session);
      if ((await run.play()) === 'redeliver') giveToAnother(this.place, handout);
      else ledger.release(handout.job);
    }
  }

  async isDrained(): Promise<boolean> {
    const session = await this.processes[0]?.session();
    return (await session?.depth()) === 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.close()));
  }
}
