import { setTimeout as delay } from 'node:timers/promises';
import { BuildLife } from './build-life';
import type { Database } from './database';
import { Garbage } from './garbage';
import { planBuild } from './domain/traffic';
import type { World } from './world';

const LOOK_MS = 25;
/** One build of so many comes with messages that mean nothing. */
const GARBAGE_EVERY = 25;
const MOODY_EVERY = 3;

export interface FleetOptions {
  readonly seed: number;
  /** Builds that are under way at a time. */
  readonly builds: number;
  /** Most builds that begin in a second: faults are what is looked for, not load that starves the machine. */
  readonly rate: number;
  /** Is told of every build. */
  readonly hookUrl: string;
  /** Is told of every third build as well. */
  readonly moodyUrl: string;
}

/** Starts builds and has workers report on them. */
export class Fleet {
  readonly lives: BuildLife[] = [];
  readonly garbage: Garbage;
  private readonly active = new Set<Promise<void>>();
  private failure: Error | null = null;

  constructor(
    private readonly options: FleetOptions,
    private readonly world: World,
    private readonly database: Database,
    private readonly signal: AbortSignal,
  ) {
    this.garbage = new Garbage(options.seed, world);
  }

  /** Keeps builds under way until told to stop. @throws what went wrong in the harness itself */
  async work(isOver: () => boolean): Promise<void> {
    const { seed, builds, rate, hookUrl, moodyUrl } = this.options;
    let next = Date.now();
    while (!isOver() && !this.signal.aborted) {
      if (this.failure !== null) throw this.failure;
      if (this.active.size >= builds || Date.now() < next) {
        await delay(LOOK_MS);
        continue;
      }
      next = Math.max(next, Date.now() - LOOK_MS) + 1_000 / rate;
      const hookUrls = this.lives.length % MOODY_EVERY === 0 ? [hookUrl, moodyUrl] : [hookUrl];
      const life = new BuildLife(planBuild(seed, this.lives.length), seed, this.world, this.database, hookUrls);
      this.lives.push(life);
      this.follow(life.live());
      if (this.lives.length % GARBAGE_EVERY === 0) this.follow(this.garbage.send(this.lives.length));
    }
  }

  /** Waits until every story is told, as long as something goes on. */
  async finish(patienceMs: number): Promise<void> {
    let open = this.active.size;
    let since = Date.now();
    while (this.active.size > 0 && Date.now() - since < patienceMs && !this.signal.aborted) {
      if (this.failure !== null) throw this.failure;
      await delay(LOOK_MS);
      if (this.active.size !== open) since = Date.now();
      open = this.active.size;
    }
  }

  private follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.active.delete(followed));
    this.active.add(followed);
  }
}
