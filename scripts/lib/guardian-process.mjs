/** The guardian's own process; see guardian.mjs. Started with the folder of the run as its only argument. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Journal } from './guardian-journal.mjs';

/** How long to wait for the system to tell the end of stopped children, so that no zombie is left, in milliseconds. */
const REAP_MS = 1_000;
/** How long ending waits for something that is just being made, in milliseconds. */
const MAKE_MS = 30_000;

const journal = new Journal(process.argv[2]);
const children = new Set();
const underWay = new Set();
let ending;

process.on('message', (message) => void answer(message));
process.on('disconnect', () => void end({ interrupted: true }));
// Our session is our own, so a Ctrl-C in the terminal does not get here; only somebody who means us does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end({ interrupted: true }));
// It may have vanished before we listened.
if (!process.connected) void end({ interrupted: true });

async function answer({ id, ...message }) {
  try {
    tell({ id, ...(await handle(message)) });
  } catch (error) {
    tell({ id, error: error.message });
  }
}

async function handle(message) {
  switch (message.do) {
    case 'spawn':
      return working(start(message.spec));
    case 'provide':
      return working(provide(message.what));
    case 'undo':
      await journal.undo(message.undo);
      return {};
    case 'finish':
      return end(message);
    default:
      throw new Error(`The guardian does not know how to ${message.do}.`);
  }
}

/** Ending waits for what is being made, else it would come into being afterwards. */
async function working(work) {
  if (ending) throw new Error('Services are being stopped.');
  underWay.add(work);
  return work.finally(() => underWay.delete(work));
}

async function provide({ module, make, undo, args }) {
  const id = journal.add({ module, call: undo, args });
  try {
    const functions = await import(new URL(module, import.meta.url));
    return { undo: id, result: make && (await functions[make](args)) };
  } catch (error) {
    await journal.undo(id).catch(() => journal.forget(id));
    throw error;
  }
}

async function start({ command, args, env, cwd, log, uid, gid, stopSignals, marker }) {
  const output = openSync(log, 'a');
  const child = spawn(command, args, { env, cwd, uid, gid, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  await once(child, 'spawn');
  children.add(child);
  const undo = journal.add({
    module: 'processes.mjs',
    call: 'stopProcess',
    args: { pid: child.pid, marker, stopSignals },
  });
  child.once('exit', (code, signal) => {
    children.delete(child);
    journal.forget(undo);
    killGroup(child.pid);
    tell({ exited: child.pid, how: signal ?? `code ${code}` });
  });
  return { pid: child.pid, undo };
}

/** A start script that is gone must not leave its program behind. */
function killGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left, as it should be.
  }
}

function end(options) {
  ending ??= endInOrder(options).finally(() => process.exit(0));
  return ending;
}

async function endInOrder({ interrupted }) {
  await Promise.race([Promise.allSettled(underWay), delay(MAKE_MS)]);
  await journal.undoAll({ interrupted });
  await Promise.race([Promise.all([...children].map((child) => once(child, 'exit'))), delay(REAP_MS)]);
}

function tell(message) {
  // The parent may be gone: nobody to tell then.
  if (process.connected) process.send(message, () => undefined);
}
