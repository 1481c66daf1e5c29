import { setTimeout as delay } from 'node:timers/promises';
import { sharedClock } from './child';
import type { Counted } from './count-statements';
import { cpuOf, cpuOfFamily, memoryOf } from './proc';
import type { PublishOrder, Published } from './publisher';
import type { Scene } from './scene';
import type { SeededTraffic } from './seed';

/** Each look is a query on the same cores: seldom while there is much to do, often when the clock is about to stop. */
const LOOK_SELDOM_MS = 250;
const LOOK_MS = 50;
/**
 * A full queue at all times, but no mountain: what it costs the broker to keep one is not what is measured here. The
 * backlog has a part of its own.
 */
export const MOST_WAITING = 2_000;

/** CPU seconds; undefined where they cannot be read. */
export interface CpuSeconds {
  readonly hub: number | undefined;
  readonly postgres: number | undefined;
  readonly broker: number | undefined;
  readonly publisher: number | undefined;
  readonly sink: number | undefined;
}

/** What driving traffic through Hub took. Times are in seconds from the first publish. */
export interface Drive {
  readonly messages: number;
  readonly published: Published;
  /** Until the broker had confirmed the last message. */
  readonly publishSeconds: number;
  /** Until the queue was empty and every build had ended. */
  readonly settledSeconds: number;
  /** Until every event was planned and every delivery made. */
  readonly seconds: number;
  readonly cpu: CpuSeconds;
  /** Of the largest Hub, in MB. */
  readonly peakMb: number | undefined;
  /** Resident memory of the first Hub over time, in MB. */
  readonly memory: readonly { readonly at: number; readonly mb: number }[];
  readonly statements: number;
  readonly commits: number;
}

export interface DriveOptions {
  /** Messages per second; as fast as they go when null. */
  readonly rate?: number | null;
  /** Everything stands in the queue before Hub starts; the clock then starts with Hub's process. */
  readonly startHubs?: () => Promise<void>;
  readonly timeoutMs: number;
}

/**
 * Publishes loaded traffic and waits until all is delivered.
 *
 * @throws Error when that takes longer than the timeout, or a process ends meanwhile
 */
export async function drive(scene: Scene, seeded: SeededTraffic, options: DriveOptions): Promise<Drive> {
  const { rate = null, timeoutMs } = options;
  const waiting = rate === null && !options.startHubs ? MOST_WAITING : null;
  const publish = () => scene.publisher.ask<Published>('publish', { rate, waiting } satisfies PublishOrder);
  const early = options.startHubs && (await publish());
  const before = await Meter.read(scene);
  const begun = sharedClock();
  await options.startHubs?.();
  const publishing = early ? Promise.resolve(early) : publish();
  let allPublished = false;
  const failed = publishing.then(
    () => {
      allPublished = true;
      return new Promise<never>(() => undefined);
    },
    (error: unknown) => Promise.reject(error as Error),
  );
  const watch = { begun, timeoutMs, isNearEnd: () => allPublished && !early };
  const { settled, delivered, memory } = await Promise.race([watchUntilDelivered(scene, seeded, watch), failed]);
  const published = await publishing;
  const after = await Meter.read(scene);
  const start = early ? begun : published.begun;
  return {
    messages: seeded.traffic.messages.length,
    published,
    publishSeconds: (published.ended - published.begun) / 1_000,
    settledSeconds: (settled - start) / 1_000,
    seconds: (delivered - start) / 1_000,
    ...after.since(before),
    memory,
  };
}

interface Watched {
  readonly settled: number;
  readonly delivered: number;
  readonly memory: readonly { readonly at: number; readonly mb: number }[];
}

interface Watch {
  /** On the shared clock. */
  readonly begun: number;
  readonly timeoutMs: number;
  readonly isNearEnd: () => boolean;
}

async function watchUntilDelivered(
  scene: Scene,
  seeded: SeededTraffic,
  { begun, timeoutMs, isNearEnd }: Watch,
): Promise<Watched> {
  const first = seeded.buildIds[0] ?? 0;
  const last = seeded.buildIds.at(-1) ?? 0;
  const memory: { at: number; mb: number }[] = [];
  let settled: number | undefined;
  for (;;) {
    const [row] = await scene.database.query<{ open: boolean; undelivered: boolean }>(OPEN, [first, last]);
    const now = sharedClock();
    const mb = memoryOf(scene.hubs[0]?.child.pid ?? 0)?.now;
    if (mb !== undefined) memory.push({ at: (now - begun) / 1_000, mb });
    if (row && !row.open && settled === undefined && (await scene.publisher.ask<number>('ready')) === 0) settled = now;
    if (row && settled !== undefined && !row.undelivered) return { settled, delivered: now, memory };
    const gone = scene.hubs.find(({ child }) => !child.running);
    if (gone) throw new Error(`Hub ended while it was measured:\n${gone.child.output}`);
    if (now - begun > timeoutMs) throw new Error(`not all was delivered within ${timeoutMs / 1_000} s`);
    await delay(isNearEnd() ? LOOK_MS : LOOK_SELDOM_MS);
  }
}

/** The youngest builds end last, so one of them answers as long as any is open; the rest reads partial indexes. */
const OPEN = `
  SELECT EXISTS (SELECT 1 FROM (
           SELECT state FROM public.builds WHERE id BETWEEN $1 AND $2 ORDER BY id DESC) b
          WHERE b.state NOT IN ('passed', 'failed', 'errored', 'canceled')) AS open,
         EXISTS (SELECT 1 FROM hub.events WHERE planned_at IS NULL)
           OR EXISTS (SELECT 1 FROM hub.deliveries WHERE state = 'pending') AS undelivered`;

/** What all processes have used so far. */
class Meter {
  private constructor(
    private readonly cpu: CpuSeconds,
    private readonly peakMb: number | undefined,
    private readonly counted: Counted,
  ) {}

  static async read({ hubs, pids, publisher, sink }: Scene): Promise<Meter> {
    const counts = await Promise.all(hubs.map(({ child }) => child.ask<Counted>('counted')));
    const peaks = hubs.flatMap(({ child }) => memoryOf(child.pid)?.peak ?? []);
    return new Meter(
      {
        hub: sum(hubs.map(({ child }) => cpuOf(child.pid))),
        postgres: cpuOfFamily(pids.postgres),
        broker: cpuOf(pids.broker),
        publisher: cpuOf(publisher.pid),
        sink: cpuOf(sink.pid),
      },
      peaks.length > 0 ? Math.max(...peaks) : undefined,
      {
        statements: counts.reduce((total, { statements }) => total + statements, 0),
        commits: counts.reduce((total, { commits }) => total + commits, 0),
      },
    );
  }

  since(before: Meter): Pick<Drive, 'cpu' | 'peakMb' | 'statements' | 'commits'> {
    const less = (name: keyof CpuSeconds) => difference(this.cpu[name], before.cpu[name]);
    return {
      cpu: {
        hub: less('hub'),
        postgres: less('postgres'),
        broker: less('broker'),
        publisher: less('publisher'),
        sink: less('sink'),
      },
      peakMb: this.peakMb,
      statements: this.counted.statements - before.counted.statements,
      commits: this.counted.commits - before.counted.commits,
    };
  }
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((total, value) => (total === undefined || value === undefined ? undefined : total + value), 0);
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}
