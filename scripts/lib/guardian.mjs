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
   * Has the guardian make something that must not outlive us. Both functions are called in its process with `args`,
   * so that not even our sudden end can come between making and undoing.
   *
   * @param {object} what
   * @param {string} what.module a module of this folder
   * @param {string} [what.make] its function that makes it
   * @param {string} what.undo its function that takes it away at the end
   * @param {object} what.args plain data
   * @returns {Promise<{ result: unknown, undo: () => Promise<void> }>} what `make` returned; undo takes it away now
   * @throws what `make` throws (by its message), after undoing
   */
  async provide(what) {
    const { result, undo } = await this.#ask({ do: 'provide', what });
    return { result, undo: () => this.#ask({ do: 'undo', undo }) };
  }

  /**
   * Undoes everything and ends the guardian. Resolves when nothing of ours is left; may be called again.
   *
   * @param {object} [options]
   * @param {boolean} [options.interrupted] programs that use the services were killed
   */
  async finish({ interrupted = false } = {}) {
    if (this.#over) return;
    await this.#ask({ do: 'finish', interrupted });
  }

  #ask(message) {
    if (this.#over) return Promise.reject(new Error('The guardian process has ended: services are being stopped.'));
    const id = ++this.#lastId;
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
