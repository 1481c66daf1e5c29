import type { Settlement } from '../failure-policy';

interface InHand {
  readonly job: Buffer;
  /**
   * - `open`: being handled.
   * - `done`: applied or parked, to be removed from Redis.
   * - `removing`: that was asked for.
   * - `left`: to be given back.
   */
  state: 'open' | 'done' | 'removing' | 'left';
}

/**
 * The jobs of this process that Redis has in progress, and how far they are. A job leaves only when Redis has confirmed
 * that it is removed or given back: until then it is done with but not forgotten.
 */
export class JobsInHand {
  private readonly all = new Set<InHand>();
  private readonly handling = new Set<Promise<void>>();
  private leftCount = 0;

  /**
   * @param remove removes a job from Redis
   * @param onChange called when there may be room for more, or nothing to wait for any more
   */
  constructor(
    private readonly remove: (job: Buffer) => Promise<void>,
    private readonly onChange: () => void = () => undefined,
  ) {}

  get size(): number {
    return this.all.size;
  }

  /** How many are being handled. */
  get open(): number {
    return this.handling.size;
  }

  /** How many are to be given back. */
  get left(): number {
    return this.leftCount;
  }

  jobs(): readonly Buffer[] {
    return [...this.all].map(({ job }) => job);
  }

  /** Takes a job in hand until its handler has settled. */
  add(job: Buffer, settled: Promise<Settlement>): void {
    const inHand: InHand = { job, state: 'open' };
    this.all.add(inHand);
    const handling = settled
      .then(
        (settlement) => this.settle(inHand, settlement),
        // Nobody knows what became of it, so it stays in progress until this process ends.
        () => undefined,
      )
      .finally(() => this.handling.delete(handling));
    this.handling.add(handling);
  }

  /** Resolves when nothing is being handled. */
  async idle(): Promise<void> {
    await Promise.all(this.handling);
  }

  /** Removes what could not be removed when it was done with. @throws what Redis throws; the rest stays for later */
  async removeDone(): Promise<void> {
    await Promise.all([...this.all].filter(({ state }) => state === 'done').map((inHand) => this.removeOne(inHand)));
  }

  /** What was left has been given back. */
  forgetLeft(): void {
    for (const inHand of this.all) if (inHand.state === 'left') this.all.delete(inHand);
    this.leftCount = 0;
  }

  private settle(inHand: InHand, settlement: Settlement): void {
    if (settlement === 'leave') {
      inHand.state = 'left';
      this.leftCount++;
      this.onChange();
    } else {
      inHand.state = 'done';
      // Redis may be away; the consumer's next turn tries again.
      this.removeOne(inHand).catch(() => undefined);
    }
  }

  private async removeOne(inHand: InHand): Promise<void> {
    inHand.state = 'removing';
    try {
      await this.remove(inHand.job);
      this.all.delete(inHand);
      this.onChange();
    } catch (error) {
      inHand.state = 'done';
      throw error;
    }
  }
}
