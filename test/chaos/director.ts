import { setTimeout as delay } from 'node:timers/promises';
import { Random } from './domain/random';
import { FAULTS, type FaultName } from './faults';
import type { Scene, Span } from './faults/fault';
import type { Disturbance } from './domain/check-times';

/** One fault as it was. States are right when everything that was said before its end has shown, and Hub keeps up again. */
export interface FaultRun extends Disturbance {
  readonly name: FaultName;
  /** Why it could not be played, if so. */
  readonly problem?: string;
}

/** After so long nobody waits any more, in milliseconds. */
const GIVE_UP_MS = 60_000;
/** Hub keeps up when nothing waits longer than this, in milliseconds. */
const KEEPS_UP_MS = 1_000;
const LOOK_MS = 50;

/** The order of faults that a seed stands for: every one once before any comes again. */
export function* faultsOf(seed: number, names = Object.keys(FAULTS) as readonly FaultName[]): Generator<FaultName> {
  for (let deck = 0; ; deck++) yield* new Random(seed, 3, deck).shuffled(names);
}

/** Lets one fault after the other happen, and measures how long Hub takes to mend what each of them left. */
export class Director {
  readonly runs: FaultRun[] = [];
  /** No fault comes any more. */
  over = false;

  constructor(
    private readonly options: { readonly seed: number; readonly faults: readonly FaultName[] },
    private readonly scene: Omit<Scene, 'random'>,
    /** How long nothing is wrong between two faults. */
    private readonly quiet: Span,
    private readonly tell: (run: FaultRun) => void,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @param until in ms since 1970: no fault begins later
   * @param least but so many are played in any case
   */
  async play(until: number, least: number): Promise<void> {
    const { seed, faults } = this.options;
    const names = faultsOf(seed, faults);
    while ((Date.now() < until || this.runs.length < least) && !this.signal.aborted) {
      const random = new Random(seed, 4, this.runs.length);
      await delay(random.between(this.quiet.from, this.quiet.to));
      const run = await this.playOne(names.next().value as FaultName, random);
      this.runs.push(run);
      this.tell(run);
    }
    this.over = true;
  }

  private async playOne(name: FaultName, random: Random): Promise<FaultRun> {
    const { world } = this.scene;
    const began = Date.now();
    world.faultBegins();
    let problem: string | undefined;
    try {
      await FAULTS[name]({ ...this.scene, random });
    } catch (error) {
      problem = (error as Error).message;
    }
    const ended = Date.now();
    world.faultEnds();
    const recoveredMs = await this.recovery(ended);
    return { name, began, ended, recoveredMs, ...(problem !== undefined && { problem }) };
  }

  private async recovery(ended: number): Promise<number | null> {
    const { watcher } = this.scene.world;
    for (;;) {
      await delay(LOOK_MS, undefined, { signal: this.signal });
      const passed = Date.now() - ended;
      const waiting = watcher.overdue(Math.max(ended, Date.now() - KEEPS_UP_MS));
      if (waiting.length === 0 && passed >= KEEPS_UP_MS) return passed;
      if (passed > GIVE_UP_MS) return null;
    }
  }
}
