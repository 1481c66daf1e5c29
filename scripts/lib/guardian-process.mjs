/** The guardian's own process; see guardian.mjs. Started with the folder of the run as its only argument. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Journal } from './guardian-journal.mjs';

const journal = new Journal(process.argv[2]);
let ending;

process.on('message', (message) => void answer(message));
process.on('disconnect', () => void end());
// Our session is our own, so a Ctrl-C in the terminal does not get here; only somebody who means us does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end());

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
      return start(message.spec);
    case 'remember':
      return { undo: journal.add(message.undo) };
    case 'undo':
      await journal.undo(message.undo);
      return {};
    case 'finish':
      return end();
    default:
      throw new Error(`The guardian does not know how to ${message.do}.`);
  }
}

async function start({ command, args, env, cwd, log, uid, gid, stopSignals, marker }) {
  if (ending) throw new Error('Services are being stopped.');
  const output = openSync(log, 'a');
  const child = spawn(command, args, { env, cwd, uid, gid, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  await once(child, 'spawn');
  const undo = journal.add({
    module: 'processes.mjs',
    call: 'stopProcess',
    args: { pid: child.pid, marker, stopSignals },
  });
  child.once('exit', (code, signal) => {
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

function end() {
  ending ??= journal.undoAll().finally(() => process.exit(0));
  return ending;
}

function tell(message) {
  // The parent may be gone: nobody to tell then.
  if (process.connected) process.send(message, () => undefined);
}
