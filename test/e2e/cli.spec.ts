import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { HUB_SCHEMA } from '../../src/database/schema';
import { createEmptyDatabase } from '../integration/empty-database';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { CliHost, runCli, type Ended } from '../support/cli-process';
import { compileHub, HubProcess, OUT } from '../support/hub-process';
import { insertBuild, type BuildRows } from '../support/rows';
import { WebhookSink } from '../support/webhook-sink';

const COMPILE_MS = 120_000;
/** A stack, a file of ours, or an error's class: nothing for somebody who only wants to know what to do. */
const INTERNALS = /\n\s+at |\.js|Error:/;

interface ParkedRow {
  readonly type?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly jobId?: number;
  readonly body?: string | Buffer;
}

let database: TestDatabase;
let host: CliHost;

beforeAll(async () => {
  compileHub();
  host = new CliHost();
  database = await createTestDatabase();
}, COMPILE_MS);
afterAll(async () => {
  await host.close();
  await database.drop();
});

const hub = (...args: string[]): Promise<Ended> => host.run(args, { DATABASE_URL: database.url });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await hub(...args, '--json')).stdout) as T;

async function park({
  type = 'job:test:start',
  reason = 'failed',
  detail = 'why',
  jobId,
  body,
}: ParkedRow): Promise<number> {
  const [row] = await database.query<{ id: number }>(
    `INSERT INTO hub.parked_messages (source, type, reason, detail, subject, subject_id, body, properties)
     VALUES ('rabbitmq', $1, $2, $3, $4, $5, $6, '{"timestamp":1600000000}') RETURNING id`,
    [
      type,
      reason,
      detail,
      jobId === undefined ? null : 'job',
      jobId ?? null,
      Buffer.from(body ?? JSON.stringify({ id: jobId })),
    ],
  );
  return row!.id;
}

async function stateOf(jobId: number | undefined): Promise<string | undefined> {
  return (await database.query<{ state: string }>('SELECT state FROM jobs WHERE id = $1', [jobId]))[0]?.state;
}

describe('the command line', () => {
  beforeEach(() => database.query('TRUNCATE hub.parked_messages, hub.deliveries, hub.events'));

  describe('says what is wrong and what to do, without a stack,', () => {
    it.each<[string, string[], RegExp]>([
      ['no command', [], /Usage: hub/],
      ['an unknown command', ['park'], /unknown command 'park'/],
      ['an unknown option', ['parked', 'list', '--resaon', 'x'], /unknown option '--resaon'.*--reason/s],
      ['an id that is none', ['parked', 'show', '1.5'], /An id is a whole number/],
      ['an id beyond all numbers', ['job', '99999999999999999999'], /An id is a whole number/],
      ['a limit that is none', ['parked', 'list', '--limit', '0'], /whole number from 1 to/],
      ['a state that is none', ['deliveries', 'list', '--state', 'lost'], /pending, failed, dropped/],
      ['nothing to replay', ['parked', 'replay'], /name ids, or --all/],
      ['ids and a set to replay', ['parked', 'replay', '1', '--all'], /name ids, or --all/],
      ['nothing to retry', ['deliveries', 'retry', '--channel', 'webhook'], /name ids, or --failed/],
      ['neither job nor instance', ['job'], /name the id of a job, or an instance/],
      ['nobody to ask', ['parked', 'discard', '1'], /say --yes/],
    ])('with code 2 for %s', async (_what, args, words) => {
      const { code, stdout, stderr } = await host.run(args, {});
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(words);
      expect(stderr).not.toMatch(INTERNALS);
    });

    it('with code 1 when no database is named, without asking for anything else', async () => {
      const { code, stderr } = await runCli(['parked', 'list'], {});
      expect(code).toBe(1);
      expect(stderr).toMatch(/^Settings are missing or wrong\. DATABASE_URL is not set\./);
      expect(stderr).not.toMatch(/HTTP_BASIC_AUTH|at /);
    });

    it('with code 1 when the database does not answer; --debug adds where', async () => {
      const nobody = { DATABASE_URL: 'postgres://u:a-secret@127.0.0.1:9/hub' };
      const { code, stdout, stderr } = await runCli(['parked', 'list'], nobody);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^Hub's database cannot be reached: .*ECONNREFUSED.*\. Check DATABASE_URL and the server\.\n$/,
      );
      const debugged = await runCli(['parked', 'list', '--debug'], nobody);
      expect(debugged.stdout).toBe('');
      expect(debugged.stderr).toMatch(/\n\s+at /);
      expect(debugged.stderr).not.toContain('a-secret');
    });

    it('as a process of its own too', async () => {
      const environment = { DATABASE_URL: database.url };
      expect(await runCli(['parked', 'park'], environment)).toMatchObject({ code: 2, stdout: '' });
      expect(await runCli(['job', '4711'], environment)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'There is no job 4711.\n',
      });
    });

    it.each([
      [['parked', 'show', '4711'], 'There is no parked message 4711.'],
      [['parked', 'replay', '4711'], ''],
      [['parked', 'discard', '4711', '--yes'], 'There is no parked message 4711.'],
      [['deliveries', 'show', '4711'], 'There is no delivery 4711.'],
      [['deliveries', 'retry', '4711'], 'Delivery 4711 does not exist.'],
      [['job', '4711'], 'There is no job 4711.'],
      [['job', '--instance', 'i-0'], 'No job is known to have run on instance i-0.'],
    ])('with code 1 when there is no such thing: %j', async (args, words) => {
      const { code, stderr } = await hub(...args);
      expect(code).toBe(1);
      expect(stderr).toContain(words);
    });
  });

  it('starts in the image, where there is nothing but the start script and dist', async () => {
    const image = mkdtempSync(join(tmpdir(), 'hub-image-'));
    try {
      mkdirSync(join(image, 'scripts'));
      copyFileSync(join(__dirname, '../../scripts/hub.mjs'), join(image, 'scripts/hub.mjs'));
      symlinkSync(OUT, join(image, 'dist'));
      const { stdout } = await promisify(execFile)(process.execPath, ['scripts/hub.mjs', 'parked', 'list', '--json'], {
        cwd: image,
        env: { DATABASE_URL: database.url },
      });
      expect(stdout).toBe('[]\n');
    } finally {
      rmSync(image, { recursive: true });
    }
  });

  describe('leaves the schema alone', () => {
    it('and says what to do when there is none', async () => {
      const empty = await createEmptyDatabase();
      try {
        const { code, stderr } = await host.run(['parked', 'list'], { DATABASE_URL: empty.config.url });
        expect(code).toBe(1);
        expect(stderr).toMatch(/There is no Hub in this database.*npm run migrate/);
        expect(await empty.query(`SELECT to_regnamespace($1) AS schema`, [HUB_SCHEMA])).toEqual([{ schema: null }]);
      } finally {
        await empty.drop();
      }
    });

    it('and says what to do when it is older; works on when it is newer', async () => {
      const [last] = await database.query<{ id: number; timestamp: number; name: string }>(
        'DELETE FROM hub.migrations WHERE id = (SELECT max(id) FROM hub.migrations) RETURNING *',
      );
      const older = await hub('parked', 'list');
      expect(older.code).toBe(1);
      expect(older.stderr).toContain(`older than this version of Hub; not run yet: ${last!.name}.`);
      const add = 'INSERT INTO hub.migrations (timestamp, name) VALUES ($1, $2)';
      await database.query(add, [last!.timestamp, last!.name]);
      await database.query(add, [9_000_000_000_000, 'FromTheFuture9000000000000']);
      const newer = await hub('parked', 'list');
      expect(newer.code).toBe(0);
      expect(newer.stderr).toMatch(/newer version of Hub.*FromTheFuture/);
      await database.query(`DELETE FROM hub.migrations WHERE name LIKE 'FromTheFuture%'`);
    });
  });

  describe('parked', () => {
    it('lists what waits as a table, aligned and never cut in a pipe', async () => {
      const detail = `bad \u001b]0;owned\u0007 ${'and long '.repeat(40)}end`;
      const first = await park({ type: 'job:evil\u001b[31m', reason: 'not_json', detail, body: 'x' });
      const second = await park({ jobId: 42 });
      const { code, stdout } = await hub('parked', 'list');
      const [head, one, two, ...rest] = stdout.split('\n');
      expect(code).toBe(0);
      expect(head).toMatch(/^id +parked +type +reason +about +tries +detail$/);
      expect(one).toMatch(
        new RegExp(`^${first} +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ +job:evil\\\\u001b\\[31m +not_json`),
      );
      expect(one).toMatch(/bad \\u001b\]0;owned\\u0007 .*end$/);
      expect(two).toMatch(new RegExp(`^${second} .* job:test:start +failed +job 42 +1 +why$`));
      expect(rest).toEqual(['']);
      for (const title of ['parked', 'type', 'reason', 'tries', 'detail']) {
        const at = head!.indexOf(title);
        expect([one![at - 1], two![at - 1]]).toEqual([' ', ' ']);
        expect([one![at], two![at]]).not.toContain(' ');
      }
    });

    it('filters, pages and says that there is more', async () => {
      const ids = [await park({ jobId: 1 }), await park({ reason: 'unknown_job', jobId: 2 }), await park({ jobId: 2 })];
      await database.query('UPDATE hub.parked_messages SET replayed_at = now() WHERE id = $1', [ids[0]]);
      const listed = async (...args: string[]) =>
        (await json<{ id: number }[]>('parked', 'list', ...args)).map(({ id }) => id);
      expect(await listed()).toEqual(ids.slice(1));
      expect(await listed('--all')).toEqual(ids);
      expect(await listed('--reason', 'failed')).toEqual([ids[2]]);
      expect(await listed('--job', '2')).toEqual(ids.slice(1));
      expect(await listed('--build', '2')).toEqual([]);
      expect(await listed('--all', '--after', String(ids[1]))).toEqual([ids[2]]);
      const { stdout, stderr } = await hub('parked', 'list', '--limit', '1', '--json');
      expect((JSON.parse(stdout) as unknown[]).length).toBe(1);
      expect(stderr).toBe(`There are more: --after ${ids[1]}\n`);
    });

    it('shows all of a message: bytes that are no text as base64', async () => {
      const text = await park({ jobId: 42, body: '{"id":42,\n"x":"\u001b[2J"}' });
      const bytes = await park({ reason: 'not_json', body: Buffer.from([0x1f, 0x8b, 0xff]) });
      expect(await json('parked', 'show', String(text))).toEqual({
        id: text,
        source: 'rabbitmq',
        type: 'job:test:start',
        reason: 'failed',
        detail: 'why',
        subject: 'job',
        subject_id: 42,
        parked_at: expect.stringMatching(/^\d{4}-.*Z$/),
        attempts: 1,
        replayed_at: null,
        properties: { timestamp: 1_600_000_000 },
        body: '{"id":42,\n"x":"\u001b[2J"}',
        body_encoding: 'utf8',
      });
      expect(await json('parked', 'show', String(bytes))).toMatchObject({ body: 'H4v/', body_encoding: 'base64' });
      expect((await hub('parked', 'show', String(text))).stdout).toMatch(
        /Body, 21 bytes\n {2}\{"id":42,\n {2}"x":"\\u001b\[2J"\}\n$/,
      );
      expect((await hub('parked', 'show', String(bytes))).stdout).toMatch(/Body, 3 bytes, not UTF-8.*\n {2}H4v\/\n$/);
    });

    it('replays in the order of arrival, and lets nothing overtake what stays parked', async () => {
      const { jobIds } = await insertBuild(database, { jobs: 2 });
      const [job, other] = jobIds;
      const received = await park({ type: 'job:test:receive', jobId: job! });
      const started = await park({ jobId: job! });
      const broken = await park({
        type: 'job:test:finish',
        jobId: job!,
        body: JSON.stringify({ id: job, state: 'odd' }),
      });
      const last = await park({
        type: 'job:test:finish',
        jobId: job!,
        body: JSON.stringify({ id: job, state: 'passed' }),
      });
      const good = await park({ jobId: other!, reason: 'unknown_job' });
      const hopeless = await park({ reason: 'not_json', body: 'x' });

      const { code, stdout } = await hub('parked', 'replay', '--all', '--json');
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toEqual([
        { id: received, result: 'applied', outcome: 'changed' },
        { id: started, result: 'applied', outcome: 'changed' },
        { id: broken, result: 'still_parked', reason: 'unusable_result', detail: expect.any(String) },
        { id: last, result: 'skipped', detail: `an earlier message about job ${job} was not applied` },
        { id: good, result: 'applied', outcome: 'changed' },
      ]);
      expect([await stateOf(job), await stateOf(other)]).toEqual(['started', 'started']);
      const left = await json<{ id: number; attempts: number }[]>('parked', 'list');
      expect(left.map(({ id, attempts }) => [id, attempts])).toEqual([
        [broken, 2],
        [last, 1],
        [hopeless, 1],
      ]);

      const again = await hub('parked', 'replay', String(last), String(received));
      expect(again.code).toBe(1);
      expect(again.stdout).toMatch(
        new RegExp(`^${received} .*: applied before: at .*Z\n${last} .*: applied, changed\n1 applied, 1 not\\.\n$`),
      );
      expect(await stateOf(job)).toBe('passed');
    });

    it('replays by reason or subject; to find nothing is no failure', async () => {
      const { jobIds } = await insertBuild(database, { jobs: 2 });
      const ids = [await park({ jobId: jobIds[0]! }), await park({ jobId: jobIds[1]! })];
      expect(await json('parked', 'replay', '--job', String(jobIds[1]))).toMatchObject([
        { id: ids[1], result: 'applied' },
      ]);
      expect(await json('parked', 'replay', '--reason', 'failed')).toMatchObject([{ id: ids[0], result: 'applied' }]);
      expect(await hub('parked', 'replay', '--reason', 'failed')).toEqual({
        code: 0,
        stdout: '',
        stderr: 'Nothing is parked that fits.\n',
      });
    });

    it('leaves a message untried when somebody holds the row of its build for long', async () => {
      const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
      const id = await park({ jobId: jobIds[0]! });
      const holder = new Client({ connectionString: database.url });
      await holder.connect();
      try {
        await holder.query('BEGIN');
        await holder.query('SELECT FROM builds WHERE id = $1 FOR UPDATE', [buildId]);
        expect(await json('parked', 'replay', String(id))).toEqual([
          { id, result: 'not_tried', detail: expect.stringContaining('somebody holds the row') },
        ]);
      } finally {
        await holder.end();
      }
      expect(await json('parked', 'list')).toMatchObject([{ id, attempts: 1, reason: 'failed' }]);
      expect((await hub('parked', 'replay', String(id))).code).toBe(0);
    }, 60_000);

    it('throws away only what a person is sure of', async () => {
      const ids = [await park({ jobId: 1 }), await park({ jobId: 2 })];
      expect((await hub('parked', 'discard', String(ids[0]))).code).toBe(2);
      expect(await json('parked', 'list')).toHaveLength(2);
      expect(await hub('parked', 'discard', String(ids[0]), '--yes')).toEqual({
        code: 0,
        stdout: `Thrown away: ${ids[0]}.\n`,
        stderr: '',
      });
      expect(await json('parked', 'list')).toMatchObject([{ id: ids[1] }]);
    });
  });

  describe('deliveries', () => {
    async function addDelivery(jobId: number, state = 'failed'): Promise<number> {
      const history = [
        { attempt: 1, at: '2021-01-01T00:00:00.500Z', outcome: 'retry', ms: 12, reason: 'no', code: 503 },
      ];
      const [row] = await database.query<{ id: number }>(
        `INSERT INTO hub.deliveries (channel, fingerprint, target, state, job_id, run, attempts, last_reason, payload, history)
         VALUES ('worker-commands', 'job', $1, $2, $3, 1, 1, 'no', '{"reason":"stop"}', $4) RETURNING id`,
        [`worker-commands of job ${jobId}`, state, jobId, JSON.stringify(history)],
      );
      return row!.id;
    }

    it('are listed and shown with each attempt', async () => {
      const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
      const id = await addDelivery(jobIds[0]!);
      expect(await json('deliveries', 'list', '--build', String(buildId), '--state', 'failed')).toMatchObject([
        { id, channel: 'worker-commands', state: 'failed', build_id: buildId, job_id: jobIds[0], last_reason: 'no' },
      ]);
      expect(await json('deliveries', 'list', '--state', 'pending')).toEqual([]);
      expect((await hub('deliveries', 'list', '--job', String(jobIds[0]))).stdout).toMatch(
        new RegExp(
          `^id .*\n${id} .* worker-commands +${buildId} +${jobIds[0]} +failed +1 +worker-commands of job ${jobIds[0]} +no\n$`,
        ),
      );
      expect(await json('deliveries', 'show', String(id))).toMatchObject({
        id,
        payload: { reason: 'stop' },
        history: [{ attempt: 1, outcome: 'retry', code: 503 }],
        outlived: false,
      });
      const { stdout } = await hub('deliveries', 'show', String(id));
      expect(stdout).toMatch(new RegExp(`^Delivery ${id} by worker-commands is failed\n`));
      expect(stdout).toMatch(/\n1 +2021-01-01T00:00:00Z +retry +12 +503 +no\n$/);
    });

    it('are tried again by id or all that failed; the rest says why not', async () => {
      const [failed, delivered] = [await addDelivery(1), await addDelivery(2, 'delivered')];
      const { code, stdout, stderr } = await hub('deliveries', 'retry', String(failed), String(delivered));
      expect({ code, stdout }).toEqual({ code: 1, stdout: '1 delivery is tried again now.\n' });
      expect(stderr).toBe(`Delivery ${delivered} was delivered: there is nothing to try again.\n`);
      const more = await addDelivery(3);
      expect(await json('deliveries', 'retry', '--failed', '--channel', 'webhook')).toEqual([]);
      expect(await json('deliveries', 'retry', '--failed', '--job', '3')).toEqual([{ id: more, result: 'due' }]);
    });
  });

  it('tells a job: where it stands, where it ran, what happened, what is parked', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: [0] });
    const [jobId] = jobIds;
    const meta = { uuid: 'run-1', state_update_count: 1, instance_id: 'i-7' };
    const id = await park({ type: 'job:test:receive', jobId: jobId!, body: JSON.stringify({ id: jobId, meta }) });
    await hub('parked', 'replay', String(id));
    const waiting = await park({ jobId: jobId!, reason: 'unusable_result' });

    const { code, stdout } = await hub('job', String(jobId));
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Job ${jobId} \\(\\d+\\.1\\) is received\n`));
    expect(stdout).toMatch(
      new RegExp(`\n {2}repository +acme/tool\n {2}build +${buildId} \\(#\\d+\\), created\n {2}stage +1 `),
    );
    expect(stdout).toMatch(/\nrun +worker run +instance .*\n1 +run-1 +i-7 +1 /);
    expect(stdout).toMatch(/\n\S+Z +job:received +received +by job:receive build created\n/);
    expect(stdout).toMatch(new RegExp(`\nParked messages\n.*\n${id} .*\n${waiting} .* unusable_result `));
    expect(await json('job', String(jobId))).toMatchObject({
      job: { id: jobId, state: 'received', build: { id: buildId } },
      events: [{ event: 'job:received', state: 'received' }],
      runs: [{ uuid: 'run-1', instance_id: 'i-7', last_count: 1 }],
      deliveries: [],
      parked: [{ id }, { id: waiting }],
    });

    // For workers that number no runs it stands in a table of its own.
    const [unnumbered] = (await insertBuild(database, { jobs: 1 })).jobIds;
    await database.query(`INSERT INTO hub.job_instances (instance_id, job_id) VALUES ('i-7', $1)`, [unnumbered]);
    expect(await json('job', '--instance', 'i-7')).toMatchObject([
      { id: unnumbered },
      { id: jobId, state: 'received' },
    ]);
    expect((await hub('job', '--instance', 'i-7')).stdout).toMatch(
      new RegExp(`^job +number .*\n${unnumbered} .*\n${jobId} +\\d+\\.1 +received +${buildId} +acme/tool +\\S+Z\n$`),
    );
  });
});

describe('the command line beside a running Hub', () => {
  let sink: WebhookSink;
  let running: HubProcess;
  let build: BuildRows;

  beforeAll(async () => {
    sink = await WebhookSink.start();
    running = new HubProcess({
      DATABASE_URL: database.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    });
    await running.url();
    build = await insertBuild(database, {
      jobs: 1,
      config: { notifications: { webhooks: { urls: [sink.url], on_start: 'always' } } },
    });
  }, 60_000);
  afterAll(async () => {
    await running.destroy();
    await sink.close();
  });

  it('loses no notice of what a replay changes, although it knows nothing of the channels', async () => {
    const id = await park({ jobId: build.jobIds[0]! });
    const { code } = await host.run(['parked', 'replay', String(id)], {
      DATABASE_URL: database.url,
      HUB_CHANNELS: 'webhook=off',
    });
    expect(code).toBe(0);
    await eventually(() => expect(sink.received).toHaveLength(1));
    expect(JSON.parse(new URLSearchParams(sink.received[0]!.body).get('payload') ?? '{}')).toMatchObject({
      id: build.buildId,
      state: 'started',
    });
    await eventually(async () => {
      const names = await database.query(
        'SELECT name, planned_at IS NOT NULL AS planned FROM hub.events WHERE build_id = $1 ORDER BY seq',
        [build.buildId],
      );
      expect(names).toEqual([
        { name: 'build:started', planned: true },
        { name: 'job:started', planned: true },
      ]);
    });
  });

  it('leaves what workers have to be told to the running Hub', async () => {
    const [jobId] = (await insertBuild(database, { jobs: 1 })).jobIds;
    await database.query(`UPDATE jobs SET state = 'started' WHERE id = $1`, [jobId]);
    const id = await park({ type: 'job:cancel', jobId: jobId! });
    expect((await hub('parked', 'replay', String(id))).code).toBe(0);
    // The Hub of this test has no broker, and says so of the row: it was the one to take it.
    await eventually(async () =>
      expect(await json('deliveries', 'list', '--job', String(jobId), '--channel', 'worker-commands')).toMatchObject([
        { state: 'dropped', last_reason: expect.stringContaining('no broker is configured') },
      ]),
    );
  });

  it('has a delivery made again under the same id', async () => {
    const [delivery] = await json<{ id: number }[]>('deliveries', 'list', '--build', String(build.buildId));
    await eventually(async () =>
      expect(await json('deliveries', 'show', String(delivery!.id))).toMatchObject({ state: 'delivered' }),
    );
    await database.query(
      `UPDATE hub.deliveries SET state = 'failed', attempts = 20, finished_at = now() WHERE id = $1`,
      [delivery!.id],
    );
    expect((await hub('deliveries', 'retry', '--failed', '--channel', 'webhook')).stdout).toBe(
      '1 delivery is tried again now.\n',
    );
    await eventually(() => expect(sink.received).toHaveLength(2));
    expect(sink.received[1]).toEqual(sink.received[0]);
    await eventually(async () =>
      expect(await json('deliveries', 'show', String(delivery!.id))).toMatchObject({
        state: 'delivered',
        attempts: 1,
        history: [{ outcome: 'delivered' }, { outcome: 'delivered' }],
      }),
    );
  });

  describe('doctor', () => {
    let build: BuildRows;

    beforeEach(async () => {
      build = await insertBuild(database, { jobs: 1 });
      await database.query(`UPDATE builds SET state = 'started' WHERE id = $1`, [build.buildId]);
      await database.query(`UPDATE jobs SET state = 'failed', finished_at = now() WHERE source_id = $1`, [
        build.buildId,
      ]);
      await database.query(`DELETE FROM queueable_jobs`);
      await database.query(`TRUNCATE hub.builds`);
      await database.query('INSERT INTO hub.builds (build_id, last_seq) VALUES ($1, 1)', [build.buildId]);
      await database.query(
        `INSERT INTO hub.events (build_id, seq, name, at, snapshot, planned_at)
         VALUES ($1, 1, 'build:started', now(), '{"build":{"state":"started"}}', now())`,
        [build.buildId],
      );
    });

    it('says what is wrong, changes nothing, and fails', async () => {
      const { code, stdout, stderr } = await hub('doctor');
      expect(stdout).toBe(
        `build-open: All jobs of build ${build.buildId} have ended, but the build is still started.\n1 wrong.\n`,
      );
      expect(stderr).toBe('--fix mends what can be mended.\n');
      expect(code).toBe(1);
      expect((await database.query('SELECT state FROM builds WHERE id = $1', [build.buildId]))[0]).toEqual({
        state: 'started',
      });
    });

    it('mends it with --fix and then finds nothing', async () => {
      expect(await json('doctor', '--fix')).toEqual([
        {
          check: 'build-open',
          result: 'mended',
          text: `All jobs of build ${build.buildId} have ended, but the build is still started.`,
          build_id: build.buildId,
          job_id: null,
        },
      ]);
      expect((await database.query('SELECT state FROM builds WHERE id = $1', [build.buildId]))[0]).toEqual({
        state: 'failed',
      });
      expect(await hub('doctor')).toEqual({ code: 0, stdout: 'Nothing is wrong.\n', stderr: '' });
    });

    it('looks at one build only when it is named', async () => {
      expect((await hub('doctor', '--build', String(build.buildId + 1))).code).toBe(0);
      expect((await hub('doctor', '--build', String(build.buildId))).code).toBe(1);
    });
  });
});
