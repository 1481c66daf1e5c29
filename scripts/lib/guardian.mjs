import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { reapAbandoned } from './guardian-journal.mjs';
import { runDirectory } from './places.mjs';

const PROGRAM = fileURLToPath(new URL('guardian-process.mjs', import.meta.url));

/**
 * Our side of the guardian: a small process of its own session that owns everything which must not outlive us.
 *
 * It starts servers and remembers how to undo what we did (drop a database, delete a virtual host). When we finish,
 * or vanish (even by SIGKILL: the channel closes), it undoes everything in reverse order and ends. When the guardian
 * itself is killed, its journal lets the next start tidy up.
 */
export class Guardian {
  #child;
  #waiting = new Map();
  #exits = new Map();
  #lastId = 0;
  #over = false;

  /** Starts a guardian, after tidying up what killed ones left behind. */
  static async start() {
    await reapAbandoned();
    return new Guardian(runDirectory());
  }

  constructor(directory) {
    /** A fresh folder, removed at the end. */
    this.directory = directory;
    this.#child = fork(PROGRAM, [directory], { detached: true, stdio: 'ignore', cwd: '/' });
    this.#child.on('message', (message) => this.#hear(message));
    this.#child.on('exit', () => this.#ended());
    this.#child.unref();
    this.#child.channel.unref();
  }

  /**
   * Starts a program that the guardian stops at the end.
   *
   * @param {object} spec
   * @param {string} spec.command
   * @param {string[]} spec.args
   * @param {NodeJS.ProcessEnv} spec.env its whole environment
   * @param {string} spec.cwd
   * @param {string} spec.log file that gets its output
   * @param {number} [spec.uid]
   * @param {number} [spec.gid]
   * @param {NodeJS.Signals[]} spec.stopSignals sent one after the other until it ends; SIGKILL follows by itself
   * @param {string} spec.marker part of its command line, by which a later run knows it again
   * @returns {Promise<{ pid: number, exited: Promise<string>, stop: () => Promise<void> }>} exited tells how it ended
   */
  async spawn(spec) {
    const { pid, undo } = await this.#ask({ do: 'spawn', spec });
    const exited = new Promise((resolve) => this.#exits.set(pid, resolve));
    return { pid, exited, stop: () => this.#ask({ do: 'undo', undo }) };
  }

  /**
   * Registers a function to be called at the end, in the guardian's process.
   *
   * @param {{ module: string, call: string, args: object }} undo a module of this folder and a function it exports
   * @returns {Promise<() => Promise<void>>} does it now
   */
  async atEnd(undo) {
    const { undo: id } = await this.#ask({ do: 'remember', undo });
    return () => this.#ask({ do: 'undo', undo: id });
  }

  /** Undoes everything and ends the guardian. Resolves when nothing of ours is left; may be called again. */
  async finish() {
    if (this.#over) return;
    await this.#ask({ do: 'finish' });
  }

  #ask(message) {
    if (this.#over) return Promise.reject(new Error('The guardian process has ended: services are being stopped.'));
    const id = ++this.#lastId;
    this.#child.channel.ref();
    this.#child.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, last: message.do === 'finish' });
      this.#child.send({ id, ...message }, (error) => error && this.#settle(id, { error: error.message }));
    });
  }

  #hear(message) {
    if (message.exited === undefined) return this.#settle(message.id, message);
    // The exit may be told before the caller of spawn() has had a chance to listen.
    setImmediate(() => this.#exits.get(message.exited)?.(message.how));
  }

  #settle(id, { error, ...answer }) {
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && !this.#over) {
      this.#child.channel?.unref();
      this.#child.unref();
    }
    if (error === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(error));
  }

  #ended() {
    this.#over = true;
    for (const { resolve, reject, last } of this.#waiting.values()) {
      if (last) resolve();
      else reject(new Error('The guardian process has ended unexpectedly; start again.'));
    }
    this.#waiting.clear();
  }
}
