import { Transactions } from '../../src/database/transaction';
import { Writes } from '../../src/database/writes';
import { DeliveryQueue, SideEffectLog } from '../../src/deliveries';
import { eventually } from '../support';
import { LogsService } from '../support/logs-service';
import { SideEffectsScene } from './side-effects-scene';

const TOKEN = 'the-AUTH_TOKEN-of-travis-logs';
const LOGS = ['log-clear', 'log-replace', 'log-part'];

describe('changing logs at travis-logs', () => {
  let logs: LogsService;
  let scene: SideEffectsScene;

  beforeAll(async () => {
    logs = new LogsService(TOKEN);
    await logs.up();
    scene = await SideEffectsScene.open({ LOGS_API_URL: `${logs.origin}/`, LOGS_API_TOKEN: `${TOKEN}\n` });
  });
  beforeEach(async () => {
    logs.down();
    await logs.up();
    logs.failWith = null;
    logs.token = TOKEN;
    // What an earlier test has left to be tried again is done now, and not in the middle of this one.
    await eventually(async () => {
      await scene.tryNow();
      const left = await scene.hub.rows(`SELECT id FROM hub.deliveries WHERE state = 'pending'`);
      if (left.length > 0) throw new Error(`${left.length} deliveries are left`);
    });
    logs.calls.length = 0;
  });
  afterEach(() => {
    logs.release();
    logs.expectNoMistakes();
  });
  afterAll(async () => {
    await scene.close();
    await logs.close();
  });

  /** A job whose log holds something, started or not. */
  async function jobWithLog(...messages: readonly string[]): Promise<number> {
    const id = await scene.insertJob();
    for (const type of messages) await scene.send(type, { id, state: 'passed' });
    logs.logs.set(id, 'first run');
    return id;
  }

  /** A build whose one job is canceled because another build came, while the log service takes but does not answer. */
  async function autoCancel(branch = 'main'): Promise<number> {
    const { buildId, jobIds } = await scene.insertBuild({ jobs: 1 });
    logs.logs.set(jobIds[0] ?? 0, 'first run');
    await scene.send('build:cancel', { id: buildId, meta: { auto: true, event: 'push', number: '23', branch } });
    return jobIds[0] ?? 0;
  }

  const targets = () => logs.calls.map(({ target }) => target);
  const untilCalls = (count: number) => eventually(() => expect(logs.calls).toHaveLength(count));

  it.each(['job:restart', 'job:test:reset'])('empties the log on %s', async (type) => {
    const id = await jobWithLog('job:test:receive');
    await scene.send(type, { id, state: 'reset' });
    await eventually(() => expect(logs.logs.get(id)).toBe(''));
    expect(targets()).toEqual([`/logs/${id}?source=hub&clear=1`]);
    await scene.untilEffects(id, LOGS, [
      { channel: 'log-clear', run: 2, state: 'delivered', attempts: 1, reason: null },
    ]);
  });

  it('replaces the log with words of any language', async () => {
    const id = await jobWithLog();
    const text = 'Automatic restarts limited: später erneut versuchen 🙏';
    const { app } = scene.hub;
    await app.get(Transactions).run((tx) => {
      const writes = new Writes();
      const log = app.get(SideEffectLog, { strict: false });
      log.record(writes, [{ channel: 'log-replace', jobId: id, run: 1, payload: { text } }]);
      return writes.runAndCommit(tx);
    });
    app.get(DeliveryQueue, { strict: false }).nudge();
    await eventually(() => expect(logs.logs.get(id)).toBe(text));
    expect(targets()).toEqual([`/logs/${id}?source=hub`]);
  });

  it('adds the last words to the log of an auto-canceled job, and not to that of a finished one', async () => {
    const { buildId, jobIds } = await scene.insertBuild({ jobs: 2 });
    const [finished = 0, open = 0] = jobIds;
    await scene.send('job:test:finish', { id: finished, state: 'passed' });
    await scene.send('build:cancel', {
      id: buildId,
      meta: { auto: true, event: 'push', number: '23', branch: 'größer' },
    });
    await eventually(() =>
      expect(logs.logs.get(open)).toBe(
        'This job was cancelled because the "Auto Cancellation" feature is currently enabled, and a more recent build ' +
          '(#23) for branch größer came in while this job was waiting to be processed.\n\n',
      ),
    );
    expect(targets()).toEqual([`/log-parts/${open}/last?source=hub`]);
    expect(logs.logs.has(finished)).toBe(false);
  });

  it('starts a job over at once while the service is down, and empties its log when it is back', async () => {
    const id = await jobWithLog('job:test:receive');
    logs.down();
    await scene.send('job:restart', { id });
    expect(await scene.stateOf(id)).toBe('created');
    const reason = expect.stringMatching(/^travis-logs: .* cannot be reached: the connection was closed/) as string;
    await scene.untilEffects(id, LOGS, [{ state: 'pending', reason }]);
    await logs.up();
    await eventually(async () => {
      await scene.tryNow();
      expect(logs.logs.get(id)).toBe('');
    });
    await scene.untilEffects(id, LOGS, [{ state: 'delivered', reason: null }]);
  });

  it.each([
    [503, 'that may pass'],
    [500, 'see whether its AUTH_TOKEN is set'],
    [429, 'that may pass'],
    [302, 'set LOGS_API_URL to the address it leads to'],
  ])('tries again after %s', async (status, words) => {
    const id = await jobWithLog('job:test:receive');
    logs.failWith = { status, headers: { Location: '/elsewhere' } };
    await scene.send('job:restart', { id });
    const reason = expect.stringContaining(words) as string;
    await scene.untilEffects(id, LOGS, [{ state: 'pending', reason }]);
    logs.failWith = null;
    await eventually(async () => {
      await scene.tryNow();
      expect(logs.logs.get(id)).toBe('');
    });
  });

  it('leaves the service alone as long as it asks for', async () => {
    const id = await jobWithLog('job:test:receive');
    logs.failWith = { status: 503, headers: { 'Retry-After': '3600' } };
    await scene.send('job:restart', { id });
    await scene.untilEffects(id, LOGS, [{ state: 'pending', attempts: 1, reason: expect.any(String) }]);
    const [row] = await scene.hub.rows<{ seconds: number }>(
      `SELECT extract(epoch FROM next_attempt_at - (clock_timestamp() AT TIME ZONE 'UTC')) AS seconds
         FROM hub.deliveries WHERE job_id = $1 AND channel = 'log-clear'`,
      id,
    );
    expect(row?.seconds).toBeGreaterThan(3_500);
  });

  it.each([
    [400, 'does not understand the request'],
    [404, 'has no such log'],
    [413, 'never will'],
  ])('gives up after %s, says why, and does not hold up what comes after', async (status, words) => {
    const id = await jobWithLog('job:test:receive');
    logs.failWith = { status, body: `you sent: token ${TOKEN}` };
    await scene.send('job:restart', { id });
    const failed = { state: 'failed', attempts: 1, reason: expect.stringContaining(words) as string };
    await scene.untilEffects(id, LOGS, [failed]);
    logs.failWith = null;
    await scene.send('job:test:receive', { id, state: 'received' });
    await scene.send('job:test:reset', { id, state: 'reset' });
    await scene.untilEffects(id, LOGS, [failed, { run: 3, state: 'delivered' }]);
  });

  it('goes on trying with a token that the service refuses, says so, and never shows it', async () => {
    const id = await jobWithLog('job:test:receive');
    logs.token = 'another-token';
    await scene.send('job:restart', { id });
    const reason = expect.stringContaining('set LOGS_API_TOKEN to the AUTH_TOKEN of travis-logs') as string;
    await scene.untilEffects(id, LOGS, [{ state: 'pending', reason }]);
    expect(logs.logs.get(id)).toBe('first run');
    expect(await scene.everythingStored()).not.toContain(TOKEN);
    logs.token = TOKEN;
    await eventually(async () => {
      await scene.tryNow();
      expect(logs.logs.get(id)).toBe('');
    });
  });

  it('keeps no secret that the service repeats', async () => {
    const id = await jobWithLog('job:test:receive');
    logs.failWith = { status: 400, body: `unknown header: token ${TOKEN}` };
    await scene.send('job:restart', { id });
    await scene.untilEffects(id, LOGS, [{ state: 'failed' }]);
    const stored = await scene.everythingStored();
    expect(stored).toContain('unknown header: token [secure]');
    expect(stored).not.toContain(TOKEN);
  });

  it('holds up nothing else while the service hangs, however much waits for it, and loses none of that', async () => {
    logs.hold();
    await scene.hub.database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, job_id, run, payload)
       SELECT 'log-part', 'job', 'a job', 'logs/' || id, id, 1, '{"text": "last words"}' FROM generate_series(1, 300) AS id`,
    );
    await untilCalls(8);
    const id = await scene.insertJob();
    await scene.send('job:cancel', { id });
    // Nobody is told without a broker, but the attempt was made.
    await scene.untilEffects(id, ['worker-commands'], [{ state: 'dropped', attempts: 1 }]);
    expect(logs.calls).toHaveLength(8);
    logs.release();
    const parts = Array.from({ length: 300 }, (_, i) => `/log-parts/${i + 1}/last?source=hub`);
    await eventually(async () => {
      await scene.tryNow();
      expect(targets().toSorted()).toEqual(parts.toSorted());
    });
  });

  describe('when a job is started over meanwhile', () => {
    it('lets the words for the old run land before it empties the log for the new one', async () => {
      logs.hold();
      const id = await autoCancel();
      await untilCalls(1);
      await scene.send('job:restart', { id });
      expect(await scene.stateOf(id)).toBe('created');
      // Nothing else of this job goes out while the service is at it: another job's request shows that time has passed.
      const other = await jobWithLog('job:test:receive');
      await scene.send('job:restart', { id: other });
      await untilCalls(2);
      expect(targets()).toEqual([`/log-parts/${id}/last?source=hub`, `/logs/${other}?source=hub&clear=1`]);
      logs.release();
      await eventually(() => expect(logs.logs.get(id)).toBe(''));
      expect(targets().filter((target) => target.includes(String(id)))).toEqual([
        `/log-parts/${id}/last?source=hub`,
        `/logs/${id}?source=hub&clear=1`,
      ]);
      await scene.untilEffects(id, LOGS, [
        { channel: 'log-part', state: 'delivered' },
        { run: 2, state: 'delivered' },
      ]);
    });

    it('drops the words for the old run that still wait', async () => {
      logs.down();
      const id = await autoCancel();
      await scene.untilEffects(id, LOGS, [{ channel: 'log-part', state: 'pending', reason: expect.any(String) }]);
      await scene.send('job:restart', { id });
      await logs.up();
      await eventually(async () => {
        await scene.tryNow();
        expect(logs.logs.get(id)).toBe('');
      });
      await scene.untilEffects(id, LOGS, [
        { channel: 'log-part', run: 1, state: 'dropped', reason: 'the job was started over since' },
        { channel: 'log-clear', run: 2, state: 'delivered' },
      ]);
      expect(targets()).toEqual([`/logs/${id}?source=hub&clear=1`]);
    });

    it('empties the log once, for the last run', async () => {
      logs.down();
      const id = await jobWithLog('job:test:receive');
      await scene.send('job:restart', { id });
      await scene.untilEffects(id, LOGS, [{ state: 'pending', reason: expect.any(String) }]);
      await scene.send('job:test:receive', { id, state: 'received' });
      await scene.send('job:test:reset', { id, state: 'reset' });
      await logs.up();
      await eventually(async () => {
        await scene.tryNow();
        expect(logs.logs.get(id)).toBe('');
      });
      await scene.untilEffects(id, LOGS, [
        { run: 2, state: 'dropped' },
        { run: 3, state: 'delivered' },
      ]);
      expect(targets()).toHaveLength(1);
    });

    it('keeps the log once the new run writes it', async () => {
      logs.down();
      const id = await jobWithLog('job:test:receive');
      await scene.send('job:restart', { id });
      await scene.untilEffects(id, LOGS, [{ state: 'pending', reason: expect.any(String) }]);
      await scene.send('job:test:start', { id, state: 'started' });
      logs.logs.set(id, 'second run');
      await logs.up();
      await scene.tryNow();
      await scene.untilEffects(id, LOGS, [
        { state: 'dropped', reason: expect.stringContaining('the new run writes its log already') },
      ]);
      expect(logs.logs.get(id)).toBe('second run');
      expect(targets()).toEqual([]);
    });
  });
});

describe('without travis-logs', () => {
  it('notes what would have been done to logs, and does not try it', async () => {
    const scene = await SideEffectsScene.open({});
    try {
      const { buildId, jobIds } = await scene.insertBuild({ jobs: 1 });
      const id = jobIds[0] ?? 0;
      await scene.send('build:cancel', {
        id: buildId,
        meta: { auto: true, event: 'push', number: '2', branch: 'main' },
      });
      await scene.send('job:restart', { id });
      const recorded = { state: 'recorded', attempts: 0, reason: null };
      await scene.untilEffects(id, LOGS, [
        { channel: 'log-part', run: 1, ...recorded },
        { channel: 'log-clear', run: 2, ...recorded },
      ]);
      // There is nobody to be told, so nothing is noted either.
      expect(await scene.effects(id, 'job-board')).toEqual([]);
    } finally {
      await scene.close();
    }
  });
});
