import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLLOW_PARENT = fileURLToPath(new URL('follow-parent.cjs', import.meta.url));

/** How long a child may take to end after SIGTERM before it is killed, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * Runs a command in the project's folder and waits for its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {NodeJS.ProcessEnv} [options.env] added to our own environment
 * @param {string} [options.cwd]
 * @param {boolean | 'stdout'} [options.quiet] collect the output (or only one stream) instead of showing it
 * @param {AbortSignal} [options.signal] ends the child when aborted
 * @param {string} [options.input] written to its standard input
 * @param {number} [options.timeoutMs] ends the child after this time, in milliseconds
 * @param {boolean} [options.yielding] works with what time of the processors everybody else leaves, as do its children
 * @returns {Promise<{ code: number, output: string }>} code 127 when the command does not exist
 */
export async function run(command, args, { env, cwd = ROOT, quiet, yielding, stdio, ...options } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: stdio ?? [options.input === undefined ? 'ignore' : 'pipe', ...outputs(quiet)],
  });
  if (yielding && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return finished(child, options);
}

/** Runs a Node program like {@link run}; it ends when we die, however we die. */
export async function runNode(file, args, { env, quiet, ...options } = {}) {
  return run(process.execPath, ['--require', FOLLOW_PARENT, file, ...args], {
    ...options,
    env: { ...env, FOLLOW_PARENT: String(process.pid) },
    stdio: ['ignore', ...outputs(quiet), 'ipc'],
  });
}

function outputs(quiet) {
  return [quiet ? 'pipe' : 'inherit', quiet === true ? 'pipe' : 'inherit'];
}

async function finished(child, { signal, input, timeoutMs }) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => (output += text));
  }
  child.stdin?.on('error', () => undefined).end(input);
  let killer;
  const end = () => {
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  const limit = timeoutMs && setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', end);
  if (signal?.aborted) end();
  try {
    const [code] = await once(child, 'close');
    return { code: code ?? 1, output };
  } catch (error) {
    return { code: error.code === 'ENOENT' ? 127 : 126, output: error.message };
  } finally {
    clearTimeout(killer);
    clearTimeout(limit);
    signal?.removeEventListener('abort', end);
  }
}
