import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const EVERY_MS = 50;
/** Ids are given before the commit, so a smaller one may become visible later: so many are looked at again. */
const LOOK_BACK = 500;

/** Follows Hub's event log (`hub.events`): what it says is what everybody else is told. */
export class Watch {
  #client;
  #seen = new Set();
  #lastId = 0;
  #stopped = new AbortController();
  #loop;
  #onEvent;

  /**
   * @param {string} databaseUrl
   * @param {(event: object) => void} onEvent called with each event, in order within its build
   */
  static async start(databaseUrl, onEvent) {
    const watch = new Watch();
    watch.#onEvent = onEvent;
    watch.#client = new pg.Client({ connectionString: databaseUrl, application_name: 'hub-demo' });
    watch.#client.on('error', () => undefined);
    await watch.#client.connect();
    watch.#loop = watch.#follow();
    watch.lost = watch.#loop;
    watch.lost.catch(() => undefined);
    return watch;
  }

  /** What Hub still has to do by itself: events without plan, deliveries not made. */
  async open() {
    const { rows } = await this.#client.query(
      `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::int AS unplanned,
              (SELECT count(*) FROM hub.deliveries WHERE state = 'pending')::int AS pending`,
    );
    return rows[0].unplanned + rows[0].pending;
  }

  async stop() {
    this.#stopped.abort();
    await this.#loop.catch(() => undefined);
    await this.#client.end().catch(() => undefined);
  }

  async #follow() {
    while (!this.#stopped.signal.aborted) {
      await this.#look();
      await delay(EVERY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  async #look() {
    const { rows } = await this.#client.query(
      `SELECT id::int, build_id::int, job_id::int, seq, name, snapshot, at AT TIME ZONE 'UTC' AS at
         FROM hub.events WHERE id > $1 ORDER BY build_id, seq`,
      [this.#lastId - LOOK_BACK],
    );
    const fresh = rows.filter(({ id }) => !this.#seen.has(id));
    for (const event of fresh.sort((a, b) => a.at - b.at || a.id - b.id)) {
      this.#seen.add(event.id);
      this.#lastId = Math.max(this.#lastId, event.id);
      this.#onEvent(event);
    }
    for (const id of this.#seen) if (id <= this.#lastId - LOOK_BACK) this.#seen.delete(id);
  }
}
