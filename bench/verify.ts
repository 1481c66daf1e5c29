import { EVENT_NAMES } from '../src/contracts/event';
import { eventually } from '../test/support';
import { QUEUE, type Scene } from './scene';
import type { SeededTraffic } from './seed';
import type { Sunk } from './sink';
import { TOLD } from './traffic-model';

const MOST_SHOWN = 5;

/** Every event is counted by itself. */
const EACH = EVENT_NAMES.map((name) => [name]);
/** In another order only this is certain: a canceled job ends once, be it that the worker or the person comes first. */
const ENDS = [['job:finished', 'job:canceled']];

/**
 * Compares what stands in the database, and what the sink got, with what the traffic model says.
 *
 * @param options.inOrder messages were applied in the order they were sent: one Hub. With several, the messages of
 *   different jobs may overtake each other, which changes how often a build starts, but no final state.
 * @returns what is wrong, in sentences; empty when all is right
 */
export async function verify(
  scene: Scene,
  seeded: SeededTraffic,
  { inOrder }: { readonly inOrder: boolean },
): Promise<string[]> {
  return [
    ...(await wrongStates(scene, seeded)),
    ...(await wrongEvents(scene, seeded, inOrder)),
    ...(await wrongDeliveries(scene, seeded, inOrder)),
    ...(await wrongReceipts(scene)),
    ...(await leftovers(scene)),
  ];
}

async function wrongStates({ database }: Scene, { expected, buildIds }: SeededTraffic): Promise<string[]> {
  const range = [buildIds[0], buildIds.at(-1)];
  const compare = async (what: string, sql: string, wanted: readonly string[]) => {
    const rows = await database.query<{ id: number; state: string }>(sql, range);
    const wrong = rows.flatMap(({ id, state }, i) =>
      state === wanted[i] ? [] : [`${what} ${id} is ${state} instead of ${wanted[i]}`],
    );
    if (rows.length !== wanted.length) wrong.push(`there are ${rows.length} ${what}s instead of ${wanted.length}`);
    return shortened(wrong);
  };
  return [
    ...(await compare('build', 'SELECT id, state FROM builds WHERE id BETWEEN $1 AND $2 ORDER BY id', expected.builds)),
    ...(await compare(
      'job',
      'SELECT id, state FROM jobs WHERE source_id BETWEEN $1 AND $2 ORDER BY id',
      expected.jobs.flat(),
    )),
    ...(await compare(
      'stage',
      'SELECT id, state FROM stages WHERE build_id BETWEEN $1 AND $2 ORDER BY id',
      expected.stages.flat(),
    )),
  ];
}

async function wrongEvents({ database }: Scene, seeded: SeededTraffic, inOrder: boolean): Promise<string[]> {
  const { expected, buildIds } = seeded;
  const range = [buildIds[0], buildIds.at(-1)];
  const rows = await database.query<{ name: string; count: number }>(
    'SELECT name, count(*)::int AS count FROM hub.events WHERE build_id BETWEEN $1 AND $2 GROUP BY name',
    range,
  );
  const found = new Map(rows.map(({ name, count }) => [name, count]));
  const wrong = (inOrder ? EACH : ENDS).flatMap((names) => {
    const sum = (counts: ReadonlyMap<string, number>) =>
      names.reduce((total, name) => total + (counts.get(name) ?? 0), 0);
    const [is, wanted] = [sum(found), sum(expected.events)];
    return is === wanted ? [] : [`${is} events ${names.join(', ')} instead of ${wanted}`];
  });
  const [gaps] = await database.query<{ builds: number }>(
    `SELECT count(*)::int AS builds FROM (
       SELECT build_id FROM hub.events WHERE build_id BETWEEN $1 AND $2 GROUP BY build_id HAVING max(seq) <> count(*)) b`,
    range,
  );
  return gaps?.builds === 0 ? wrong : [...wrong, `${gaps?.builds} builds have gaps in their events`];
}

async function wrongDeliveries({ database }: Scene, seeded: SeededTraffic, inOrder: boolean): Promise<string[]> {
  const { expected, buildIds } = seeded;
  const [row] = await database.query<{ told: number; once: number; retried: number; bad: number }>(
    `SELECT (SELECT count(*) FROM hub.events WHERE build_id BETWEEN $1 AND $2 AND name = ANY ($3::varchar[]))::int AS told,
            count(DISTINCT d.event_id) FILTER (WHERE d.channel = 'webhook' AND d.state = 'delivered')::int AS once,
            count(*) FILTER (WHERE d.channel = 'webhook' AND d.attempts <> 1)::int AS retried,
            count(*) FILTER (WHERE d.state NOT IN ('delivered', 'recorded'))::int AS bad
       FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id
      WHERE e.id IS NULL OR e.build_id BETWEEN $1 AND $2`,
    [buildIds[0], buildIds.at(-1), TOLD],
  );
  if (!row) return ['the deliveries could not be read'];
  const wanted = TOLD.reduce((sum, name) => sum + (expected.events.get(name) ?? 0), 0);
  return [
    ...(row.once === row.told ? [] : [`${row.once} webhooks were delivered for ${row.told} events`]),
    ...(!inOrder || row.told === wanted ? [] : [`${row.told} events were to be told instead of ${wanted}`]),
    ...(row.retried === 0 ? [] : [`${row.retried} webhooks needed more than one attempt`]),
    ...(row.bad === 0 ? [] : [`${row.bad} deliveries did not succeed`]),
  ];
}

/** Nobody was forgotten, and nobody was told twice, by the receiver's own account. */
async function wrongReceipts({ database, sink }: Scene): Promise<string[]> {
  const { ids, times } = await sink.ask<Sunk>('sunk');
  const rows = await database.query<{ id: number }>(
    `SELECT d.id FROM hub.deliveries d WHERE d.channel = 'webhook' AND d.state = 'delivered' AND d.target LIKE '%127.0.0.1%'`,
  );
  const got = new Set(ids);
  const forgotten = rows.filter(({ id }) => !got.has(id));
  const twice = times.filter((count) => count > 1).length;
  return [
    ...(forgotten.length === 0 ? [] : [`${forgotten.length} deliveries are marked delivered but never arrived`]),
    ...(got.size === rows.length ? [] : [`${got.size} webhooks arrived, ${rows.length} are marked delivered`]),
    ...(twice === 0 ? [] : [`${twice} webhooks arrived more than once`]),
  ];
}

/** Nothing is unacknowledged, nothing was parked. */
async function leftovers({ database, broker }: Scene): Promise<string[]> {
  const parked = await database.query<{ detail: string }>('SELECT detail FROM hub.parked_messages LIMIT 5');
  const wrong = parked.map(({ detail }) => `a message was parked: ${detail}`);
  try {
    await eventually(
      async () => {
        const left = await broker.messagesIn(QUEUE);
        if (left > 0) throw new Error(`${left} messages are still unacknowledged`);
      },
      { timeoutMs: 15_000 },
    );
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  return wrong;
}

function shortened(wrong: readonly string[]): string[] {
  const more = wrong.length - MOST_SHOWN;
  return more > 0 ? [...wrong.slice(0, MOST_SHOWN), `… and ${more} more`] : [...wrong];
}
