import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine } from './processes.mjs';
import { sharedTemporary } from './places.mjs';

/** How long one undo may take before the next has its turn, in milliseconds. */
const UNDO_LIMIT_MS = 30_000;
const SECOND_LOOK_MS = 2_000;

/** What the guardian of one run has to undo, kept on disk (readable by us only) in case it is killed itself. */
export class Journal {
  #entries = new Map();
  #lastId = 0;
  #file;
  #directory;

  /** @param {string} directory the run's folder, removed last */
  constructor(directory, entries = []) {
    this.#directory = directory;
    this.#file = join(directory, 'journal.json');
    for (const entry of entries) this.#entries.set(++this.#lastId, entry);
    this.#write();
  }

  /** @returns {number} the entry's number */
  add(undo) {
    this.#entries.set(++this.#lastId, undo);
    this.#write();
    return this.#lastId;
  }

  forget(id) {
    if (this.#entries.delete(id)) this.#write();
  }

  async undo(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const module = await import(new URL(entry.module, import.meta.url));
    await limited(module[entry.call](entry.args));
    this.forget(id);
  }

  /**
   * Undoes everything, the latest first. A failure does not keep the others from their turn.
   *
   * @param {object} [options]
   * @param {boolean} [options.interrupted] programs that were killed may have asked a server for one thing more, which
   *   it is still making: what is borrowed is looked at again a little later
   */
  async undoAll({ interrupted = false } = {}) {
    const borrowed = [...this.#entries.values()].filter(({ module }) => module !== 'processes.mjs');
    for (const id of [...this.#entries.keys()].reverse()) {
      await this.undo(id).catch(() => this.forget(id));
    }
    if (interrupted && borrowed.length > 0) {
      const again = borrowed.map((entry) => this.add(entry));
      await delay(SECOND_LOOK_MS);
      for (const id of again) await this.undo(id).catch(() => this.forget(id));
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #write() {
    mkdirSync(this.#directory, { recursive: true });
    const draft = `${this.#file}.new`;
    writeFileSync(draft, JSON.stringify({ guardian: process.pid, entries: [...this.#entries.values()] }), {
      mode: 0o600,
    });
    renameSync(draft, this.#file);
  }
}

/** Undoes what guardians left behind that were killed themselves (a crashed machine, `kill -9` of everything). */
export async function reapAbandoned() {
  const parent = sharedTemporary();
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith('hub-run-'))) {
    const directory = join(parent, name);
    const entries = abandonedEntries(directory);
    if (entries) await new Journal(directory, entries).undoAll();
  }
}

function abandonedEntries(directory) {
  try {
    if (statSync(directory).uid !== process.getuid()) return undefined;
    const { guardian, entries } = JSON.parse(readFileSync(join(directory, 'journal.json'), 'utf8'));
    return commandLine(guardian)?.includes(directory) ? undefined : entries;
  } catch {
    // Not ours to read, or its guardian has not written yet.
    return undefined;
  }
}

function limited(work) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), UNDO_LIMIT_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
