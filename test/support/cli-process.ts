import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OUT } from './hub-process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Runs the command line as a process of its own, nobody at its terminal. Compile Hub first (`compileHub`).
 *
 * @param environment all of it: nothing is inherited but PATH
 * @param cwd where packages that bring channels are looked for
 */
export async function runCli(args: readonly string[], environment: Environment, cwd?: string): Promise<Ended> {
  const main = join(OUT, 'src/cli/main.js');
  return promisify(execFile)(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    cwd,
    timeout: 60_000,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as Ended;
      return { code, stdout, stderr };
    },
  );
}

/**
 * The compiled command line in one process for many commands, one after the other: loading Hub takes a second, and what
 * a command does mostly none. Whether it starts and ends as a process is for {@link runCli} to try.
 */
export class CliHost {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private turn: Promise<unknown> = Promise.resolve();

  constructor() {
    this.child = fork(join(__dirname, 'cli-host.cjs'), [join(OUT, 'src/cli/command-line.js')], {
      env: { PATH: process.env.PATH },
      // Nobody at its terminal here either.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.exited = once(this.child, 'exit');
  }

  /** @param environment all of it, as for {@link runCli} */
  run(args: readonly string[], environment: Environment): Promise<Ended> {
    const ended = this.turn.then(() => this.ask(args, environment));
    this.turn = ended.catch(() => undefined);
    return ended;
  }

  async close(): Promise<void> {
    this.child.disconnect();
    await this.exited;
  }

  private async ask(args: readonly string[], environment: Environment): Promise<Ended> {
    const gone = this.exited.then(() => {
      throw new Error(`the host of the command line has ended at: ${args.join(' ')}`);
    });
    const answered = once(this.child, 'message') as Promise<[Ended]>;
    this.child.send({ args, environment });
    const [ended] = await Promise.race([answered, gone]);
    return ended;
  }
}
