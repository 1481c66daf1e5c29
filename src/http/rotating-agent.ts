import type { Agent } from 'undici';
import { RequestFailed } from './errors';

/** A connection that never rests would keep its address for ever: names are resolved and judged anew by then. */
export const CONNECTION_LIFE_MS = 60_000;

/** Shorter than receivers usually keep an idle connection, so that none is used that is just being closed. */
export const KEEP_ALIVE = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 30_000 } as const;

/**
 * Hands out an agent, and a new one in its place each minute. The old one ends what it has in hand and closes.
 *
 * Not undici's `clientTtl`: when all connections of an origin reach their age at once under load, it forgets the
 * requests that wait for one of them, and they never end.
 */
export class RotatingAgent {
  private agent: Agent | null = null;
  private since = -Infinity;
  private readonly retired = new Set<Agent>();
  private over = false;

  constructor(
    private readonly make: () => Agent,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws RequestFailed once it is destroyed */
  get current(): Agent {
    if (this.over)
      throw new RequestFailed('Nothing is sent any more: Hub stops. It is sent after its next start.', 'stopping');
    if (this.agent === null || this.now() - this.since >= CONNECTION_LIFE_MS) {
      if (this.agent !== null) this.retire(this.agent);
      this.agent = this.make();
      this.since = this.now();
    }
    return this.agent;
  }

  /** Closes every connection; what still runs fails. */
  async destroy(): Promise<void> {
    this.over = true;
    if (this.agent !== null) this.retired.add(this.agent);
    await Promise.all([...this.retired].map((agent) => agent.destroy()));
  }

  private retire(agent: Agent): void {
    this.retired.add(agent);
    void agent
      .close()
      .catch(() => undefined)
      .finally(() => this.retired.delete(agent));
  }
}
