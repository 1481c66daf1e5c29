import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The project's folder, seen from dist/bench. */
export const ROOT = join(__dirname, '../..');
const FOLLOW_PARENT = join(ROOT, 'scripts/lib/follow-parent.cjs');
/** As `npm start` has it (package.json): memory that is let grow freely costs less to collect. */
const AS_STARTED = ['--max-semi-space-size=48', '--max-old-space-size=512'];
const GRACE_MS = 15_000;

interface Question {
  readonly id: number;
  readonly ask: string;
  readonly with: unknown;
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly failed?: string;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  /** All of it but PATH: nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs to load before it. */
  readonly preload?: readonly string[];
  /** Folder that gets a CPU profile when it ends. */
  readonly profileTo?: string | undefined;
}

/** A Node program of ours that answers questions, and that ends when we do, however we do. */
export class Child {
  /** What it wrote, for when it fails. */
  output = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  private asked = 0;

  /** @param file in dist/, such as `bench/sink.js` */
  constructor(
    private readonly file: string,
    { args = [], env = {}, preload = [], profileTo }: ChildOptions = {},
  ) {
    this.child = fork(join(ROOT, 'dist', file), args, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, FOLLOW_PARENT: String(process.pid), ...env },
      execArgv: [
        ...AS_STARTED,
        ...[FOLLOW_PARENT, ...preload].flatMap((path) => ['--require', path]),
        ...(profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`]),
      ],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output = (this.output + text).slice(-20_000)));
    }
    this.child.on('message', (message) => this.hear(message as Answer));
    this.exited = once(this.child, 'close').then(([code]) => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${this.file} ended:\n${this.output}`));
      return code as number | null;
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @throws what it throws (by its message), or when it ends instead */
  async ask<T>(question: string, about?: unknown): Promise<T> {
    if (!this.running) throw new Error(`${this.file} ended:\n${this.output}`);
    const id = ++this.asked;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.child.send({ id, ask: question, with: about } satisfies Question);
    return (await answer.finally(() => this.waiting.delete(id))) as T;
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  private hear({ id, answer, failed }: Answer): void {
    const waiting = this.waiting.get(id);
    if (failed === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`${this.file}: ${failed}`));
  }
}

/** In a child: answers its parent's questions, those that it knows. Does not keep the process alive. */
export function answerParent(handlers: Readonly<Record<string, (about: never) => unknown>>): void {
  process.on('message', (message) => {
    const { id, ask, with: about } = message as Question;
    // A second program in the same process may know it.
    if (!(ask in handlers)) return;
    const reply = (answer: Answer) => void process.send?.(answer);
    Promise.resolve()
      .then(() => handlers[ask]?.(about as never))
      .then(
        (answer) => reply({ id, answer }),
        (error: unknown) =>
          reply({ id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
}

/** In a child that would have nothing to do until it is asked: it stays until it is told to end, or we are gone. */
export function waitForParent(): void {
  process.channel?.ref();
}

/** Milliseconds on a clock that all processes of this machine share and that nobody sets. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
