import { Test } from '@nestjs/testing';
import { AppModule } from '../../../src/app.module';
import { loadConfig } from '../../../src/config';
import { CLOCK, type Clock } from '../../../src/contracts/clock';
import { DatabaseState } from '../../../src/database';
import { Batcher, normaliseMessage } from '../../../src/intake';
import { configureLogging } from '../../../src/logging';
import type { VectorMessage } from '../message';
import type { Way } from '../replay';
import { hubEnvironment } from './environment';

/** A clock that stands still during a round and then moves on, so that each round has an instant of its own. */
export class FrozenClock implements Clock {
  constructor(
    private at = new Date(Math.floor(Date.now() / 1_000) * 1_000),
    private readonly secondsPerRound = 7,
  ) {}

  now(): Date {
    return new Date(this.at);
  }

  nextRound(): Date {
    this.at = new Date(this.at.getTime() + this.secondsPerRound * 1_000);
    return this.now();
  }
}

/**
 * Messages take the way of every message, only without a broker: normalised, batched, applied, committed.
 *
 * @param databaseUrl a migrated database of our own
 */
export async function directWay(databaseUrl: string, clock = new FrozenClock()): Promise<Way> {
  const config = loadConfig(hubEnvironment(databaseUrl));
  configureLogging(config.log);
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .compile();
  await module.init();
  await module.get(DatabaseState, { strict: false }).waitUntilReady();
  const batcher = module.get(Batcher, { strict: false });

  return {
    async play(messages) {
      const now = clock.nextRound();
      const failures = new Map<string, string>();
      await Promise.all(
        messages.map(async (message) => {
          const problem = await submit(batcher, message, now);
          if (problem !== undefined) failures.set(message.vector, problem);
        }),
      );
      return { clock: { from: now, to: now }, failures };
    },
    close: () => module.close(),
  };
}

/** @returns what went wrong, if anything did */
async function submit(batcher: Batcher, { type, body }: VectorMessage, sentAt: Date): Promise<string | undefined> {
  try {
    await batcher.submit(normaliseMessage(type, JSON.stringify(body), sentAt));
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
