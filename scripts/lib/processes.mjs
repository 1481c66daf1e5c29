import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a program may take to follow one signal before it gets the next, in milliseconds. */
const PATIENCE_MS = 8_000;

/** The command line of a running process, or undefined when there is none (a zombie has none either). */
export function commandLine(pid) {
  try {
    const text = existsSync('/proc/self/cmdline')
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    return text.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The process ids from our parent upwards: the shell that npm put between, npm, and whoever called it. */
export function ancestors(count) {
  const found = [process.ppid];
  while (found.length < count) {
    const parent = parentOf(found.at(-1));
    if (!parent) break;
    found.push(parent);
  }
  return found;
}

function parentOf(pid) {
  try {
    if (!existsSync('/proc/self/stat')) {
      return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }));
    }
    // The name of the program, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return Number(fields[1]);
  } catch {
    return 0;
  }
}

/**
 * Stops a program that leads its own process group, and what is left of the group.
 *
 * @param {object} what
 * @param {number} what.pid
 * @param {string} what.marker part of its command line: a process that does not have it got the number later
 * @param {NodeJS.Signals[]} what.stopSignals tried in this order before SIGKILL
 */
export async function stopProcess({ pid, marker, stopSignals }) {
  const running = () => commandLine(pid)?.includes(marker) ?? false;
  for (const signal of stopSignals) {
    if (!running()) break;
    send(pid, signal);
    await until(() => !running(), PATIENCE_MS);
  }
  if (!running()) return;
  send(-pid, 'SIGKILL');
  await until(() => !running(), PATIENCE_MS);
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

async function until(condition, limitMs) {
  const deadline = Date.now() + limitMs;
  while (!condition() && Date.now() < deadline) await delay(25);
}
