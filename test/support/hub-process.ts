import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');
/** The run's own, else one per Jest worker, so that specs that run at once do not overwrite each other's files. */
export const OUT = join(ROOT, '.cache/test-dist', process.env.HUB_TEST_DIST ?? process.env.JEST_WORKER_ID ?? '1');
const COMPILED = `${OUT}.compiled`;
const COMPILING = `${OUT}.compiling`;
const COMPILE_WITHIN_MS = 110_000;

/** A line of Hub's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string; readonly level?: string };

/**
 * Compiles Hub as `npm run build` does, without checking types: that is another test's business. In a run of `npm test`,
 * which clears its marks, the first spec that needs it compiles for all.
 * @param project `tsconfig.json` compiles the tests too
 */
export function compileHub(project = 'tsconfig.build.json'): void {
  if (process.env.HUB_TEST_DIST === undefined) compile(project);
  else if (!existsSync(COMPILED)) compileForAll();
}

function compileForAll(): void {
  mkdirSync(dirname(OUT), { recursive: true });
  try {
    mkdirSync(COMPILING);
  } catch {
    const deadline = Date.now() + COMPILE_WITHIN_MS;
    while (!existsSync(COMPILED)) {
      if (Date.now() > deadline) throw new Error('Hub was not compiled in time: see what the other specs say.');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    return;
  }
  // First with the tests, which chaos needs; then as it is published, with declarations.
  compile('tsconfig.json');
  compile('tsconfig.build.json');
  writeFileSync(COMPILED, '');
}

function compile(project: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  // The build info lives and dies with the files it speaks of, or tsc would not write them again.
  const out = ['--outDir', OUT, '--tsBuildInfoFile', join(OUT, `${project}.tsbuildinfo`)];
  execFileSync(process.execPath, [tsc, '-p', project, '--noCheck', ...out], { cwd: ROOT, stdio: 'pipe' });
}

/** Hub as a process of its own, the way `npm start` runs it. Compile it first ({@link compileHub}). */
export class HubProcess {
  readonly lines: LogLine[] = [];
  /** What is not a log line: the words of a Hub that cannot start. */
  stderr = '';
  /** Settles with the exit code, or null when a signal killed it. */
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  /**
   * @param environment all of it: nothing is inherited but PATH
   * @param wrapper a command to run Hub under, e.g. `['unshare', '-pf']`
   * @param cwd where it is started: an installation with packages of its own, say
   */
  constructor(environment: Readonly<Record<string, string>>, wrapper: readonly string[] = [], cwd = ROOT) {
    const [command, ...args] = [...wrapper, process.execPath, '--enable-source-maps', join(OUT, 'src/main.js')];
    this.child = spawn(command, args, {
      cwd,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    if (this.child.stdout) createInterface(this.child.stdout).on('line', (line) => this.lines.push(parse(line)));
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Where it listens. @throws when it ends before it listens, with all it said. */
  async url(): Promise<string> {
    const up = await this.line(({ msg }) => msg === 'Hub is up');
    return String(up.url);
  }

  /** The first log line that fits, also one that was written before. @throws when Hub ends without it. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const gone = this.exited.then(() => 'gone' as const);
    for (;;) {
      const found = this.lines.find(fits);
      if (found) return found;
      const next = once(this.child.stdout ?? this.child, 'data').then(() => new Promise(setImmediate));
      if ((await Promise.race([next, gone])) === 'gone' && !this.lines.some(fits)) {
        throw new Error(`Hub ended without the line that was waited for:\n${this.stderr}${JSON.stringify(this.lines)}`);
      }
    }
  }

  /** The value of a metric without labels. */
  async metric(name: string): Promise<number> {
    const metrics = await (await fetch(`${await this.url()}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1]);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it whatever it does, for cleaning up. */
  async destroy(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { msg: line };
  }
}
