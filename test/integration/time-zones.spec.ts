import { randomBytes } from 'node:crypto';
import { runInThisContext } from 'node:vm';
import { Batcher, normaliseMessage } from '../../src/intake';
import { Retention, StaleJobs } from '../../src/sweeper';
import { eventually } from '../support';
import { ageJobs } from '../support/job-rows';
import { createRole, dropRole, rightsOf, urlAs } from '../support/roles';
import { insertBuild } from '../support/rows';
import { onDatabase } from '../support/template-database';
import { startApiApp, type ApiApp } from './api-app';

/** Jest gives specs a copy of process.env, but Node changes zone only when the real one is written. */
const realEnvironment = runInThisContext('process.env') as NodeJS.ProcessEnv;

interface Zones {
  /** Of the process. */
  readonly process: string;
  /** Of the database, of Hub's role, and of that role in that database; the last one given counts. */
  readonly database?: string;
  readonly role?: string;
  readonly roleInDatabase?: string;
  /** What a session of Hub has before it says otherwise. */
  readonly session: string;
}

const MATRIX: readonly Zones[] = [
  { process: 'UTC', database: 'UTC', session: 'UTC' },
  { process: 'America/New_York', database: 'Asia/Kolkata', session: 'Asia/Kolkata' },
  // Summer time of 45 minutes past the hour, and the process a day ahead.
  { process: 'Pacific/Kiritimati', role: 'Pacific/Chatham', session: 'Pacific/Chatham' },
  // Summer time of half an hour.
  {
    process: 'Europe/Berlin',
    database: 'Pacific/Honolulu',
    roleInDatabase: 'Australia/Lord_Howe',
    session: 'Australia/Lord_Howe',
  },
  { process: 'Australia/Lord_Howe', database: 'Europe/Berlin', role: 'America/St_Johns', session: 'America/St_Johns' },
  { process: 'Pacific/Marquesas', role: 'Asia/Tokyo', roleInDatabase: 'America/New_York', session: 'America/New_York' },
];

/** A start and an end that some zone skips, or has twice. */
const RUNS: readonly (readonly [what: string, start: string, end: string])[] = [
  ['an ordinary day', '2026-01-10T05:36:12Z', '2026-01-10T06:36:12Z'],
  ['the hour that New York skips', '2026-03-08T06:59:59Z', '2026-03-08T07:00:01Z'],
  ['the wall times that New York skips, as UTC', '2026-03-08T02:00:00Z', '2026-03-08T02:59:59Z'],
  ['the wall times that New York has twice, as UTC', '2026-11-01T01:00:00Z', '2026-11-01T01:59:59Z'],
  ['the hour that New York has twice', '2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'],
  ['the hour that Berlin skips', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z'],
  ['the wall times that Berlin skips, as UTC', '2026-03-29T02:00:00Z', '2026-03-29T02:59:59Z'],
  ['the hour that Berlin has twice', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
  ['the half hour that Lord Howe has twice', '2026-04-04T14:30:00Z', '2026-04-04T15:15:00Z'],
  ['the half hour that Lord Howe skips', '2026-10-03T15:29:59Z', '2026-10-03T15:30:00Z'],
  ['the hour that Chatham skips', '2026-09-26T13:59:59Z', '2026-09-26T14:00:00Z'],
  ['a leap day', '2028-02-29T00:00:00Z', '2028-02-29T23:59:59Z'],
  ['the turn of a year', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z'],
];

describe.each(MATRIX)('times, with a process in $process and a session in $session', (zones) => {
  const before = realEnvironment.TZ;
  const role = `hub_role_${randomBytes(4).toString('hex')}`;
  let hub: ApiApp;

  beforeAll(async () => {
    realEnvironment.TZ = zones.process;
    await createRole(role);
    hub = await startApiApp({ HUB_CHANNELS: 'log=deliver' }, { travis: true, through: (url) => prepare(url) });
  }, 60_000);
  afterAll(async () => {
    await hub.close();
    await dropRole(role);
    if (before === undefined) delete realEnvironment.TZ;
    else realEnvironment.TZ = before;
  });

  async function prepare(url: string): Promise<string> {
    const name = new URL(url).pathname.slice(1);
    await onDatabase(url, async (client) => {
      for (const statement of rightsOf(role)) await client.query(statement);
      const set = (whom: string, zone: string | undefined) =>
        zone === undefined ? undefined : client.query(`ALTER ${whom} SET timezone = ${client.escapeLiteral(zone)}`);
      await set(`DATABASE ${name}`, zones.database);
      await set(`ROLE ${role}`, zones.role);
      await set(`ROLE ${role} IN DATABASE ${name}`, zones.roleInDatabase);
    });
    return urlAs(role, url);
  }

  const send = async (type: string, body: object) => {
    await hub.app.get(Batcher).submit(normaliseMessage(type, body));
  };

  it('really are in these zones', async () => {
    expect(Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zones.process);
    const [session] = await onDatabase(urlAs(role, hub.database.url), async (client) => {
      return (await client.query<{ TimeZone: string }>('SHOW timezone')).rows;
    });
    expect(session?.TimeZone).toBe(zones.session);
  });

  it.each(RUNS)('are kept and told as the worker gave them, on %s', async (_what, start, end) => {
    const { buildId, jobIds } = await insertBuild(hub.database, { jobs: 1 });
    const [id] = jobIds;
    await send('job:test:receive', { id, state: 'received', received_at: start });
    await send('job:test:start', { id, state: 'started', received_at: start, started_at: start });
    await send('job:test:finish', { id, state: 'passed', started_at: start, finished_at: end });

    const wall = (time: string) => time.replace('T', ' ').replace('Z', '');
    const seconds = (Date.parse(end) - Date.parse(start)) / 1_000;
    expect(
      await hub.database.query(
        'SELECT received_at::text, started_at::text, finished_at::text FROM jobs WHERE id = $1',
        [id],
      ),
    ).toEqual([{ received_at: wall(start), started_at: wall(start), finished_at: wall(end) }]);
    expect(
      await hub.database.query('SELECT started_at::text, finished_at::text, duration FROM builds WHERE id = $1', [
        buildId,
      ]),
    ).toEqual([{ started_at: wall(start), finished_at: wall(end), duration: seconds }]);
    const ms = (time: string) => time.replace('Z', '.000Z');
    const [event] = await hub.rows<{ job: object; build: object }>(
      `SELECT snapshot -> 'job' AS job, snapshot -> 'build' AS build FROM hub.events
        WHERE build_id = $1 AND name = 'job:finished'`,
      buildId,
    );
    expect(event).toMatchObject({
      job: { received_at: ms(start), started_at: ms(start), finished_at: ms(end) },
      build: { started_at: ms(start), finished_at: ms(end), duration: seconds },
    });
    const { body } = (await hub.get(`/api/jobs/${id}`).expect(200)) as { body: Record<string, string> };
    expect([body.started_at, body.finished_at].map((time) => Date.parse(time!))).toEqual(
      [start, end].map((time) => Date.parse(time)),
    );
  });

  it('are now where Hub, the server and a trigger say now', async () => {
    const { jobIds } = await insertBuild(hub.database, { jobs: 1 });
    const [id] = jobIds;
    await send('job:start', { id });
    await send('job:cancel', { id });
    await send('job:restart', { id });
    const age = (column: string) =>
      `abs(extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - ${column}))::int < 60`;
    expect(
      await hub.database.query(
        `SELECT ${age('restarted_at')} AS restarted, ${age('updated_at')} AS updated FROM jobs WHERE id = $1`,
        [id],
      ),
    ).toEqual([{ restarted: true, updated: true }]);
    expect(
      await hub.database.query(
        `SELECT DISTINCT ${age('started_at')} AS started, ${age('finished_at')} AS finished FROM job_versions WHERE job_id = $1`,
        [id],
      ),
    ).toEqual([{ started: true, finished: true }]);
    // A lease or a pause in another zone would be over hours ago, or in hours.
    await eventually(async () => {
      const rows = await hub.database.query(
        `SELECT DISTINCT d.state, d.attempts, ${age('d.created_at')} AS created, ${age('d.finished_at')} AS finished, ${age('e.at')} AS happened
           FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE e.job_id = $1`,
        [id],
      );
      expect(rows).toEqual([{ state: 'delivered', attempts: 1, created: true, finished: true, happened: true }]);
    });
  });

  it('tell a stale job from one that was heard of lately, and old events from those to keep', async () => {
    const { jobIds } = await insertBuild(hub.database, { jobs: 2 });
    const [stale, lately] = jobIds;
    for (const id of jobIds) await send('job:start', { id });
    await ageJobs(hub.database, [stale!], 6.02);
    await ageJobs(hub.database, [lately!], 5.98);
    const sweep = hub.app.get(StaleJobs, { strict: false });
    await hub.database.query(
      `INSERT INTO hub.sweeps VALUES ('stale-jobs', (clock_timestamp() AT TIME ZONE 'UTC') - interval '2 minutes')
       ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at`,
    );
    expect(await sweep.runOnce()).toMatchObject({ errored: 1 });
    expect(await hub.database.query('SELECT id FROM jobs WHERE state = $1', ['errored'])).toEqual([{ id: stale }]);

    const event = (build: number, days: number) =>
      hub.database.query(
        `INSERT INTO hub.events (build_id, seq, name, at, snapshot, planned_at)
         VALUES ($1, 1, 'build:created', (clock_timestamp() AT TIME ZONE 'UTC') - $2 * interval '1 day', '{}', now())`,
        [build, days],
      );
    await event(-1, 90.02);
    await event(-2, 89.98);
    await hub.app.get(Retention, { strict: false }).runOnce();
    expect(await hub.database.query('SELECT build_id FROM hub.events WHERE build_id < 0')).toEqual([{ build_id: -2 }]);
  });
});
