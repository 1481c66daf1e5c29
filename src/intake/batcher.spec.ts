import type { Config } from '../config';
import type { Command } from '../contracts/command';
import { Batcher, StoppingError } from './batcher';
import type { BatchRunner } from './run-batch';

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const AWAY = failure('ECONNREFUSED');
const LOCKED = failure('55P03');

const start = (id: number): Command => ({ subject: 'job', name: 'start', id, data: {} });

/** Answers each run as the test says; what was run is kept, as ids. */
class ScriptedRunner {
  readonly runs: number[][] = [];
  answer: (ids: readonly number[], run: number) => Promise<void> | void = () => undefined;

  async run(commands: readonly Command[]): Promise<readonly { kind: 'changed' }[]> {
    const ids = commands.map(({ id }) => id);
    await this.answer(ids, this.runs.push(ids));
    return commands.map(() => ({ kind: 'changed' }));
  }
}

describe('Batcher', () => {
  let runner: ScriptedRunner;
  let batcher: Batcher;

  beforeEach(() => {
    runner = new ScriptedRunner();
    batcher = new Batcher(runner as unknown as BatchRunner, { batch: { size: 100 } } as Config);
  });
  afterEach(() => batcher.stop());

  it('gives back what it had when the outage grew long, and nothing that came later', async () => {
    let late: Promise<unknown> | undefined;
    runner.answer = (_ids, run) => {
      if (run === 1) {
        batcher.giveBack();
        late = batcher.submit(start(2));
        throw AWAY;
      }
      // A deadlock, say, when messages flow again: nobody would ever settle what is given back now.
      if (run === 2) throw failure('40P01');
    };
    await expect(batcher.submit(start(1))).rejects.toThrow(StoppingError);
    await expect(late).resolves.toEqual({ kind: 'changed' });
    expect(runner.runs).toEqual([[1], [2], [2]]);
  });

  it('knows that the database is back when a batch failed for another reason', async () => {
    runner.answer = (_ids, run) => {
      if (run === 1) throw AWAY;
      if (run === 2) throw new Error('a bug');
    };
    await expect(batcher.submit(start(1))).resolves.toEqual({ kind: 'changed' });
    expect(batcher.troubledSince).toBeNull();
  });

  it('does not wait for a row that somebody holds when Hub is about to stop', async () => {
    runner.answer = () => {
      throw LOCKED;
    };
    const waiting = batcher.submit(start(1));
    batcher.hurry();
    await expect(waiting).rejects.toThrow(StoppingError);
  });

  it('keeps the order of commands about one job while it waits for a row', async () => {
    let held = true;
    runner.answer = (ids) => {
      if (!held || !ids.includes(1)) return;
      // Free again before the next command is tried.
      if (ids.length === 1) held = false;
      throw LOCKED;
    };
    const cancel: Command = { ...start(1), name: 'cancel' };
    const done: string[] = [];
    const submit = (command: Command) => batcher.submit(command).then(() => done.push(`${command.name} ${command.id}`));
    await Promise.all([submit(start(1)), submit(cancel), submit(start(2))]);
    expect(done).toEqual(['start 2', 'start 1', 'cancel 1']);
  });
});
