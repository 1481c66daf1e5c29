import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../lib/children.mjs';
import { freePorts } from '../lib/ports.mjs';
import { PlainError } from '../lib/say.mjs';
import { Api } from './api.mjs';

const READY_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 20;
const SAMPLE_MEMORY_MS = 500;
/** How long its end may take to be told, in milliseconds. */
const EXIT_TOLD_MS = 500;
/** The port was free a moment ago; somebody else may have taken it since. */
const ATTEMPTS = 2;

/** The real Hub as its own process, as `npm start` runs it. The guardian sees to it that it does not outlive us. */
export class HubProcess {
  #process;
  #log;
  #sampling;
  #stopping = false;
  /** Most memory it had, in MB; undefined where the system does not tell. */
  peakMb;

  /**
   * Starts Hub and waits until it is ready.
   *
   * @param {import('../lib/services.mjs').Services} services
   * @throws {PlainError} with the end of its log when it does not get ready
   */
  static async start(services) {
    for (let attempt = 1; ; attempt++) {
      const hub = new HubProcess();
      try {
        await hub.#start(services);
        return hub;
      } catch (error) {
        await hub.stop();
        if (attempt === ATTEMPTS || !/EADDRINUSE/.test(error.message)) throw error;
      }
    }
  }

  async #start({ guardian, databaseUrl, rabbitmqUrl, signal }) {
    const [port] = await freePorts(1);
    const password = randomBytes(9).toString('base64url');
    this.url = `http://127.0.0.1:${port}`;
    this.user = 'demo';
    this.password = password;
    this.api = new Api(this.url, this.user, password);
    this.webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
    this.#log = join(guardian.directory, 'hub.log');
    const env = environment({ port, databaseUrl, rabbitmqUrl, password, webhookSecret: this.webhookSecret });
    const start = performance.now();
    this.#process = await guardian.spawn({
      command: process.execPath,
      args: ['--enable-source-maps', join(ROOT, 'dist', 'src', 'main.js')],
      env,
      cwd: ROOT,
      log: this.#log,
      stopSignals: ['SIGTERM'],
      marker: join('dist', 'src', 'main.js'),
    });
    this.exited = this.#process.exited;
    await this.#ready(signal);
    this.readyMs = performance.now() - start;
    this.#sampling = setInterval(() => this.#sampleMemory(), SAMPLE_MEMORY_MS).unref();
  }

  /** The error that says how Hub ended although nobody asked it to; undefined while it runs. */
  async whyGone() {
    const how = await Promise.race([this.exited, delay(EXIT_TOLD_MS)]);
    if (how === undefined || this.#stopping) return undefined;
    return new PlainError(`Hub ended by itself (${how}). The end of its log:\n${this.tail()}`);
  }

  /**
   * Stops Hub as Kubernetes does.
   *
   * @returns {Promise<{ how: string, ms: number }>} how it ended; `code 0` is as it should be
   */
  async stop() {
    clearInterval(this.#sampling);
    this.#stopping = true;
    if (!this.#process) return { how: 'not started', ms: 0 };
    this.#sampleMemory();
    const start = performance.now();
    await this.#process.stop();
    const how = await Promise.race([this.exited, delay(2_000, 'unknown', { ref: false })]);
    return { how, ms: performance.now() - start };
  }

  /** The last lines of its log. */
  tail(lines = 20) {
    try {
      return readFileSync(this.#log, 'utf8').trim().split('\n').slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }

  /** Ready is what Kubernetes would call so, and the broker is there too if one is expected. */
  async #ready(signal) {
    let ended;
    void this.exited.then((how) => (ended = how));
    const deadline = Date.now() + READY_LIMIT_MS;
    let said = 'nothing';
    while (said !== 'ok') {
      signal.throwIfAborted();
      if (ended) throw new PlainError(`Hub does not start (${ended}):\n${this.tail()}`);
      if (Date.now() > deadline) throw new PlainError(`Hub is not ready (${said}). Its log:\n${this.tail()}`);
      said = await this.#askReady();
      if (said !== 'ok') await delay(LOOK_EVERY_MS);
    }
  }

  async #askReady() {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      return (await response.json()).status;
    } catch (error) {
      return error.message;
    }
  }

  #sampleMemory() {
    const now = residentMb(this.#process.pid);
    if (now !== undefined) this.peakMb = Math.max(this.peakMb ?? 0, now);
  }
}

function environment({ port, databaseUrl, rabbitmqUrl, password, webhookSecret }) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const { PATH, TZ } = process.env;
  return {
    ...(PATH && { PATH }),
    ...(TZ && { TZ }),
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    ...(rabbitmqUrl && { RABBITMQ_URL: rabbitmqUrl }),
    PORT: String(port),
    HTTP_BASIC_AUTH: `demo:${password}`,
    HUB_WEB_URL: `http://127.0.0.1:${port}`,
    HUB_WEBHOOK_SIGNING_KEY: pem.replaceAll('\n', '\\n'),
    HUB_WEBHOOK_SECRET: webhookSecret,
    // Webhooks must not reach this machine, unless its operator says so: here we are the operator.
    HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
  };
}

/** Linux keeps the peak itself; elsewhere what is used now has to do. */
function residentMb(pid) {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return kilobytes / 1024;
  } catch {
    return psResidentMb(pid);
  }
}

function psResidentMb(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
    return Number(text) / 1024 || undefined;
  } catch {
    return undefined;
  }
}
