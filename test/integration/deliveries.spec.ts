import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../../src/config';
import { NotAttempted, type DeliveryOutcome } from '../../src/contracts/delivery';
import { DatabaseModule, DatabaseState } from '../../src/database';
import { Deliverers, DeliveriesModule, DeliveryQueue } from '../../src/deliveries';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { DeliveryStore } from '../../src/deliveries/delivery-store';
import { ScriptedDeliverer } from '../support/scripted-deliverer';

interface Row {
  id: number;
  name: string;
  state: string;
  attempts: number;
  last_reason: string | null;
  history: { attempt: number; outcome: string; reason?: string; code?: number }[];
}

/** As many as may be on their way to a destination that nothing is known of. */
const FIRST = 20;
const BUSY_MS = 1_500;

describe('the delivery loop', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  let deliverer: ScriptedDeliverer;

  beforeEach(async () => {
    database = await createTestDatabase();
    deliverer = new ScriptedDeliverer();
    app = await start();
  });
  afterEach(async () => {
    await app.close();
    await database.drop();
  });

  async function start(): Promise<INestApplicationContext> {
    const config = loadConfig({ DATABASE_URL: database.url, HTTP_BASIC_AUTH: 'test:a-long-test-password' });
    @Module({ imports: [ConfigModule.forRoot(config), DatabaseModule, DeliveriesModule] })
    class TestModule {}
    const hub = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
    hub.get(Deliverers).register(deliverer);
    await hub.get(DatabaseState).waitUntilReady();
    return hub;
  }

  async function add(names: readonly string[], orderKey: string | null = null, channel = 'scripted'): Promise<void> {
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, payload)
       SELECT $3, name, 'somebody', $2, jsonb_build_object('name', name)
         FROM unnest($1::varchar[]) WITH ORDINALITY AS n(name, nth) ORDER BY nth`,
      [names, orderKey, channel],
    );
    app.get(DeliveryQueue).nudge();
  }

  function rows(): Promise<Row[]> {
    return database.query<Row>(
      `SELECT id, payload->>'name' AS name, state, attempts, last_reason, history FROM hub.deliveries ORDER BY id`,
    );
  }

  async function allOver(): Promise<Row[]> {
    return eventually(async () => {
      const all = await rows();
      if (all.some(({ state }) => state === 'pending')) throw new Error(`still pending: ${JSON.stringify(all)}`);
      return all;
    });
  }

  it('keeps what came of others when the database refuses it of one, which is not told again for that', async () => {
    deliverer.answer = () => Promise.resolve({ kind: 'delivered', code: 204 });
    await database.query(
      `ALTER TABLE hub.deliveries ADD CONSTRAINT refused CHECK (state <> 'delivered' OR payload->>'name' <> 'bad')`,
    );
    await add(['bad', 'a', 'b']);
    await eventually(async () =>
      expect((await rows()).map(({ state }) => state)).toEqual(['pending', 'delivered', 'delivered']),
    );
    await add(['c']);
    await eventually(async () => expect((await rows()).at(-1)?.state).toBe('delivered'));
    expect(deliverer.asked.map(({ name }) => name).sort()).toEqual(['a', 'b', 'bad', 'c']);
  });

  it('delivers what is due and keeps what came of it', async () => {
    deliverer.answer = () => Promise.resolve({ kind: 'delivered', code: 204 });
    await add(['a']);
    const [row] = await allOver();
    expect(row).toMatchObject({ state: 'delivered', attempts: 1, last_reason: null });
    expect(row?.history).toEqual([expect.objectContaining({ attempt: 1, outcome: 'delivered', code: 204 })]);
  });

  it('tries again what may work later, under the same id, and gives up after the last attempt', async () => {
    deliverer.answer = ({ attempt }) => Promise.resolve({ kind: 'retry', reason: `no ${attempt}` });
    await add(['a']);
    const [row] = await allOver();
    expect(row).toMatchObject({ state: 'failed', attempts: 3, last_reason: 'no 3' });
    expect(deliverer.asked.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(deliverer.asked.map(({ id }) => id)).size).toBe(1);
    expect(row?.history.map(({ reason }) => reason)).toEqual(['no 1', 'no 2', 'no 3']);
  });

  it('keeps reasons and responses that are cut within a character pair', async () => {
    const long = `${'x'.repeat(499)}😀`;
    deliverer.answer = () => Promise.resolve({ kind: 'rejected', reason: long, response: long });
    await add(['a']);
    const [row] = await allOver();
    expect(row).toMatchObject({ state: 'failed', last_reason: `${'x'.repeat(499)}\uFFFD` });
  });

  it('treats a thrown error as one to try again, and breaks off an attempt that takes too long', async () => {
    deliverer.timeoutMs = 50;
    deliverer.answer = ({ attempt }, signal) =>
      attempt === 1
        ? Promise.reject(new Error('broken pipe'))
        : new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          });
    await add(['a']);
    const [row] = await allOver();
    expect(row?.history.map(({ reason }) => reason)).toEqual([
      'broken pipe',
      'no answer within 50 ms',
      'no answer within 50 ms',
    ]);
  });

  it('gives back what could not begin because the database was away: uncounted, and its destination not blamed', async () => {
    deliverer.slowsDown = true;
    const away = new Set<unknown>(['a', 'b', 'c', 'd', 'e', 'f']);
    deliverer.answer = ({ payload }) =>
      away.delete(payload?.['name'])
        ? Promise.reject(new NotAttempted(new Error('the database is away')))
        : Promise.resolve({ kind: 'delivered' });
    await add(['a', 'b', 'c', 'd', 'e', 'f']);
    await eventually(() => expect(away.size).toBe(0));
    await add(['g']);
    const all = await allOver();
    expect(all.map(({ attempts, history }) => [attempts, history.length])).toEqual(all.map(() => [1, 1]));
    // In its turn at once, while a destination that had failed six times would be left alone.
    expect(deliverer.asked.slice(6).map(({ name }) => name)[0]).toBe('g');
  });

  it('does not put the next attempt off when a lease is renewed that is over', async () => {
    deliverer.retry = { firstPauseMs: 60_000, longestPauseMs: 60_000, attempts: 3 };
    deliverer.answer = () => Promise.resolve({ kind: 'retry', reason: 'not now' });
    await add(['a']);
    await eventually(async () => expect((await rows())[0]?.history).toHaveLength(1));
    const next = () => database.query<{ at: Date }>('SELECT next_attempt_at AS at FROM hub.deliveries');
    const before = await next();
    await app.get(DeliveryStore).renew([(await rows())[0]!.id], 3_600_000);
    expect(await next()).toEqual(before);
  });

  it('ends an attempt whose deliverer minds no signal, and tries again', async () => {
    deliverer.timeoutMs = 50;
    deliverer.answer = ({ attempt }) =>
      attempt === 1 ? new Promise(() => undefined) : Promise.resolve({ kind: 'delivered' });
    await add(['a']);
    const [row] = await allOver();
    expect(row?.history.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['retry', 'no answer within 50 ms'],
      ['delivered', undefined],
    ]);
  });

  it('keeps the order of one key, but lets a retry hold nobody up', async () => {
    // Longer than it takes to deliver the rest, so that the order tells who waited for whom.
    deliverer.retry = { firstPauseMs: 1_000, longestPauseMs: 1_000, attempts: 3 };
    let failures = 0;
    deliverer.answer = async ({ payload, attempt }) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (payload?.['name'] === 'b' && attempt === 1) {
        failures += 1;
        return { kind: 'retry', reason: 'not now' };
      }
      return { kind: 'delivered' };
    };
    await add(['a', 'b', 'c'], 'key');
    await allOver();
    expect(failures).toBe(1);
    expect(deliverer.asked.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'b']);
  });

  it('lets what comes after wait for a retry, or until it is given up, where strict order is asked for', async () => {
    // Long enough that the others would go out meanwhile.
    deliverer.retry = { firstPauseMs: 1_000, longestPauseMs: 1_000, attempts: 2 };
    deliverer.strictOrder = true;
    deliverer.answer = ({ payload }) =>
      Promise.resolve(payload?.['name'] === 'a' ? { kind: 'retry', reason: 'not now' } : { kind: 'delivered' });
    await add(['a', 'b', 'c'], 'key');
    await add(['other'], 'another key');
    const states = (await allOver()).map(({ name, state }) => `${name} ${state}`);
    expect(states).toEqual(['a failed', 'b delivered', 'c delivered', 'other delivered']);
    expect(deliverer.asked.map(({ name }) => name)).toEqual(['a', 'other', 'a', 'b', 'c']);
  });

  it('lets a side effect wait until the one before it is over, retries included', async () => {
    // Long enough that the second would go out meanwhile.
    deliverer.retry = { firstPauseMs: 1_000, longestPauseMs: 1_000, attempts: 3 };
    deliverer.answer = ({ payload, attempt }) =>
      Promise.resolve(
        payload?.['name'] === 'a' && attempt === 1 ? { kind: 'retry', reason: 'not now' } : { kind: 'delivered' },
      );
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, job_id, run, payload)
       SELECT 'scripted', name, 'a job', 'key', 1, 1, jsonb_build_object('name', name) FROM unnest(ARRAY['a', 'b']) AS t(name)`,
    );
    app.get(DeliveryQueue).nudge();
    await allOver();
    expect(deliverer.asked.map(({ name }) => name)).toEqual(['a', 'a', 'b']);
  });

  it('does not let a slow target delay the others', async () => {
    let release: () => void = () => undefined;
    const slow = new Promise<DeliveryOutcome>((resolve) => {
      release = () => {
        resolve({ kind: 'delivered' });
      };
    });
    deliverer.answer = ({ payload }) => (payload?.['name'] === 'slow' ? slow : Promise.resolve({ kind: 'delivered' }));
    await add(['slow', 'a', 'b', 'c']);
    await eventually(async () => {
      const done = (await rows()).filter(({ state }) => state === 'delivered');
      expect(done.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    });
    release();
    await allOver();
  });

  it('does not blame a destination for its own being busy', async () => {
    deliverer.slowsDown = true;
    let asked = 0;
    deliverer.answer = () => {
      asked += 1;
      const answered = new Promise<DeliveryOutcome>((resolve) => setImmediate(resolve, { kind: 'delivered' }));
      // All of the first are on their way, and their answers are there, when we have no time for them.
      if (asked === FIRST) keepBusy(BUSY_MS);
      return answered;
    };
    await add(Array.from({ length: FIRST }, (_, i) => `first ${i}`));
    await allOver();
    const release = jest.spyOn(app.get(DeliveryStore, { strict: false }), 'release');
    await add(Array.from({ length: 500 }, (_, i) => `later ${i}`));
    expect(await allOver()).toHaveLength(FIRST + 500);
    const turns = release.mock.calls.flatMap(([, pausesMs = []]) => pausesMs);
    // Taken for as slow as we were, it would have had turns for them half a minute later.
    expect(Math.max(...turns)).toBeLessThan(10_000);
  });

  it('lets no lane wait for another, however many slow targets that one has', async () => {
    const quick = new ScriptedDeliverer('quick', 'another');
    app.get(Deliverers).register(quick);
    let release: () => void = () => undefined;
    const slow = new Promise<DeliveryOutcome>((resolve) => (release = () => resolve({ kind: 'delivered' })));
    deliverer.answer = () => slow;
    await add(Array.from({ length: 300 }, (_, i) => `slow ${i}`));
    // No more of them are taken on at once.
    await eventually(() => {
      expect(deliverer.asked).toHaveLength(200);
    });
    await add(['a'], null, 'quick');
    await eventually(async () => {
      const done = (await rows()).filter(({ state }) => state === 'delivered');
      expect(done.map(({ name }) => name)).toEqual(['a']);
    });
    expect(deliverer.asked).toHaveLength(200);
    release();
    await allOver();
  });

  it('leaves the rows of whoever nobody is there for as they are, until somebody is', async () => {
    const away = new ScriptedDeliverer('away');
    away.available = false;
    app.get(Deliverers).register(away);
    await add(['a', 'b'], null, 'away');
    await add(['c']);
    await eventually(() => {
      expect(deliverer.asked).toHaveLength(1);
    });
    const waiting = (await rows()).filter(({ name }) => name !== 'c');
    expect(waiting).toEqual(waiting.map((row) => ({ ...row, state: 'pending', attempts: 0, history: [] })));
    away.available = true;
    app.get(DeliveryQueue).nudge();
    await allOver();
    expect(away.asked.map(({ name, attempt }) => [name, attempt])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('gives back what was claimed while somebody went away: uncounted, and nobody is asked', async () => {
    const leaving = new ScriptedDeliverer('leaving');
    app.get(Deliverers).register(leaving);
    const store = app.get(DeliveryStore, { strict: false });
    const claim = store.claim.bind(store);
    jest.spyOn(store, 'claim').mockImplementation(async (...asked) => {
      const claimed = await claim(...asked);
      if (claimed.length > 0) leaving.available = false;
      return claimed;
    });
    const release = jest.spyOn(store, 'release');
    await add(['a'], null, 'leaving');
    await eventually(() => expect(release).toHaveBeenCalledTimes(1));
    await eventually(async () =>
      expect(await rows()).toEqual([expect.objectContaining({ state: 'pending', attempts: 0, history: [] })]),
    );
    expect(leaving.asked).toEqual([]);
    jest.restoreAllMocks();
    leaving.available = true;
    app.get(DeliveryQueue).nudge();
    await allOver();
    expect(leaving.asked.map(({ attempt }) => attempt)).toEqual([1]);
  });

  it('takes over what a replica had in hand when it died, once its lease is over', async () => {
    await add(['a']);
    await allOver();
    await database.query(
      `UPDATE hub.deliveries SET state = 'pending', attempts = 1, next_attempt_at = (clock_timestamp() AT TIME ZONE 'UTC') + interval '300 ms',
              leased_until = (clock_timestamp() AT TIME ZONE 'UTC') + interval '300 ms'`,
    );
    deliverer.asked.length = 0;
    await allOver();
    expect(deliverer.asked.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it('gives an attempt that stopping breaks off back to the others, uncounted', async () => {
    deliverer.answer = (_delivery, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'));
        });
      });
    await add(['a']);
    await eventually(() => {
      expect(deliverer.asked).toHaveLength(1);
    });
    await app.close();
    expect(await rows()).toEqual([expect.objectContaining({ state: 'pending', attempts: 0, history: [] })]);
    deliverer.answer = () => Promise.resolve({ kind: 'delivered' });
    app = await start();
    await allOver();
  });

  it('keeps what came of others, whatever a channel returns', async () => {
    const odd = [
      undefined,
      { kind: 'retry', reason: 7, afterMs: NaN, code: NaN },
      { kind: 'rejected', reason: 'a\u0000' },
    ];
    deliverer.answer = ({ payload }) =>
      Promise.resolve((odd[Number(payload?.['name'])] ?? { kind: 'delivered' }) as DeliveryOutcome);
    await add(['0', '1', '2', '3']);
    expect((await allOver()).map(({ state, last_reason }) => [state, last_reason])).toEqual([
      ['delivered', null],
      ['failed', 'The channel gave no reason.'],
      ['failed', 'a\uFFFD'],
      ['delivered', null],
    ]);
  });

  it('gives up when the horizon is over, whatever attempts are left', async () => {
    deliverer.retry = { firstPauseMs: 100, longestPauseMs: 100, attempts: 1_000, horizonMs: 2_500 };
    deliverer.answer = () => Promise.resolve({ kind: 'retry', reason: 'not now' });
    await add(['a']);
    const [row] = await allOver();
    expect(row).toMatchObject({ state: 'failed', last_reason: 'not now' });
    expect(row?.attempts).toBeGreaterThan(1);
    expect(row?.attempts).toBeLessThan(20);
  });

  describe('with many deliveries for a destination that hangs', () => {
    /** How many were on their way to it at once, at most. */
    let most: number;
    let release: () => void;

    beforeEach(() => {
      deliverer.slowsDown = true;
      deliverer.timeoutMs = 20_000;
      let now = 0;
      most = 0;
      const over = new Promise<void>((resolve) => (release = resolve));
      deliverer.answer = async ({ destination }) => {
        if (destination !== 'hangs') return { kind: 'delivered' };
        now += 1;
        most = Math.max(most, now);
        await over;
        now -= 1;
        return { kind: 'delivered' };
      };
    });

    const addTo = (destination: string, count: number): Promise<unknown> =>
      database.query(
        `INSERT INTO hub.deliveries (channel, fingerprint, target, destination, payload)
         SELECT 'scripted', n, 'somebody', $1::varchar, jsonb_build_object('name', $1::varchar || n) FROM generate_series(1, $2::int) n`,
        [destination, count],
      );
    const delivered = async (): Promise<number> =>
      (await rows()).filter(({ state, name }) => state === 'delivered' && name.startsWith('works')).length;

    it('tells all others at once, and it a few at a time', async () => {
      await addTo('hangs', 500);
      await addTo('works', 100);
      app.get(DeliveryQueue).nudge();
      await eventually(async () => expect(await delivered()).toBe(100), { timeoutMs: 5_000 });
      expect(most).toBe(20);
      expect((await rows()).filter(({ attempts }) => attempts > 1)).toEqual([]);
      release();
      await allOver();
      // Each of them once: what waited for its turn was not tried in vain.
      expect(deliverer.asked).toHaveLength(600);
    });
  });
});

function keepBusy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
