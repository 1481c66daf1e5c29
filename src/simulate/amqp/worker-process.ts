import { setTimeout as delay } from 'node:timers/promises';
import { SimulationError } from '../failure';
import { Session, type SessionOptions } from './session';

/** For how long the broker may be away, in milliseconds. */
const PATIENCE_MS = 60_000;

/** A worker process: several workers that share a connection, which is opened anew when it breaks. */
export class WorkerProcess {
  private current: Promise<Session> | null = null;
  private hasBeenThere = false;

  constructor(
    private readonly options: SessionOptions,
    private readonly signal: AbortSignal,
    private readonly onLost: () => void,
  ) {}

  /**
   * The connection, once there is one.
   * @throws SimulationError when the broker cannot be reached at first, or later for a minute; the signal's reason when it is aborted
   */
  session(): Promise<Session> {
    this.current ??= this.open();
    return this.current;
  }

  async close(): Promise<void> {
    await (await this.current?.catch(() => undefined))?.close();
  }

  private async open(): Promise<Session> {
    const session = await this.reach();
    const forget = () => {
      if (this.signal.aborted) return;
      this.current = null;
      this.onLost();
    };
    session.lost.addEventListener('abort', forget, { once: true });
    return session;
  }

  private async reach(): Promise<Session> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        const session = await Session.open(this.options);
        this.hasBeenThere = true;
        return session;
      } catch (error) {
        this.signal.throwIfAborted();
        // At first it is more likely a mistake in the address.
        if (!this.hasBeenThere || performance.now() > deadline) {
          const { host } = new URL(this.options.url);
          throw new SimulationError(`The broker at ${host} cannot be reached: ${(error as Error).message}`);
        }
      }
      await delay(500, undefined, { signal: this.signal });
    }
  }
}
