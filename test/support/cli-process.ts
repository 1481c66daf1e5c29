import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OUT } from './hub-process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line as a process of its own, nobody at its terminal. Compile Hub first (`compileHub`).
 *
 * @param environment all of it: nothing is inherited but PATH
 */
export async function runCli(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> {
  const main = join(OUT, 'src/cli/main.js');
  return promisify(execFile)(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    timeout: 60_000,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as Ended;
      return { code, stdout, stderr };
    },
  );
}
