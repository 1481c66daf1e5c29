import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../../src/config';
import type { Delivery, DeliveryOutcome } from '../../src/contracts/delivery';
import { DatabaseModule, DatabaseState } from '../../src/database';
import { Deliverers, DeliveriesModule, DeliveryDesk, DeliveryQueue } from '../../src/deliveries';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { ScriptedDeliverer } from '../support/scripted-deliverer';

interface Row {
  readonly id: number;
  readonly key: string;
  readonly name: string;
  readonly state: string;
  readonly last_reason: string | null;
}

describe('a channel of which only the latest counts', () => {
  let database: TestDatabase;
  let replicas: INestApplicationContext[];
  let deliverer: ScriptedDeliverer;

  beforeEach(async () => {
    database = await createTestDatabase();
    deliverer = new ScriptedDeliverer('status', 'statuses');
    deliverer.latestOnly = true;
    replicas = [];
    await start();
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    await database.drop();
  });

  async function start(): Promise<void> {
    const config = loadConfig({ DATABASE_URL: database.url, HTTP_BASIC_AUTH: 'test:a-long-test-password' });
    @Module({ imports: [ConfigModule.forRoot(config), DatabaseModule, DeliveriesModule] })
    class TestModule {}
    const hub = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
    hub.get(Deliverers).register(deliverer);
    await hub.get(DatabaseState).waitUntilReady();
    replicas.push(hub);
  }

  async function add(names: readonly string[], key = 'key'): Promise<void> {
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, latest_only, payload)
       SELECT 'status', name, 'somebody', $2::varchar, true, jsonb_build_object('name', name, 'key', $2::text)
         FROM unnest($1::varchar[]) WITH ORDINALITY AS n(name, nth) ORDER BY nth`,
      [names, key],
    );
    for (const replica of replicas) replica.get(DeliveryQueue).nudge();
  }

  const rows = (): Promise<Row[]> =>
    database.query(
      `SELECT id, payload->>'key' AS key, payload->>'name' AS name, state, last_reason FROM hub.deliveries ORDER BY id`,
    );
  const states = async (): Promise<string[]> => (await rows()).map(({ name, state }) => `${name} ${state}`);
  const over = (expected: readonly string[]): Promise<void> =>
    eventually(async () => expect(await states()).toEqual(expected));
  const asked = (): unknown[] => deliverer.asked.map(({ name }) => name);

  /** Ends the attempt that is on its way. */
  let end: (outcome: DeliveryOutcome) => void;
  const holdFirst = (): void => {
    deliverer.answer = ({ payload, attempt }) =>
      payload?.['name'] === 'created' && attempt === 1
        ? new Promise((resolve) => (end = resolve))
        : Promise.resolve({ kind: 'delivered' });
  };

  it('is told of the newest; the others are dropped and say why', async () => {
    await add(['created', 'started', 'passed']);
    await over(['created dropped', 'started dropped', 'passed delivered']);
    expect(asked()).toEqual(['passed']);
    expect((await rows())[0]?.last_reason).toBe('superseded: what came later is told instead');
  });

  it('has one on its way at a time, and skips what was overtaken meanwhile', async () => {
    holdFirst();
    await add(['created']);
    await eventually(() => expect(asked()).toEqual(['created']));
    await add(['started', 'passed']);
    await add(['created elsewhere'], 'other');
    await over(['created pending', 'started pending', 'passed pending', 'created elsewhere delivered']);
    end({ kind: 'delivered' });
    await over(['created delivered', 'started dropped', 'passed delivered', 'created elsewhere delivered']);
    expect(asked()).toEqual(['created', 'created elsewhere', 'passed']);
  });

  it('never tries again what was overtaken', async () => {
    holdFirst();
    await add(['created']);
    await eventually(() => expect(asked()).toEqual(['created']));
    await add(['passed']);
    end({ kind: 'retry', reason: 'not now' });
    await over(['created dropped', 'passed delivered']);
    expect(asked()).toEqual(['created', 'passed']);
  });

  it('waits until what a replica had on its way when it died is surely over', async () => {
    await replicas.pop()?.close();
    await add(['created', 'passed']);
    await database.query(
      `UPDATE hub.deliveries SET attempts = 1, leased_until = (clock_timestamp() AT TIME ZONE 'UTC') + interval '1 s',
              next_attempt_at = (clock_timestamp() AT TIME ZONE 'UTC') + interval '1 s' WHERE payload->>'name' = 'created'`,
    );
    const begun = Date.now();
    await start();
    await over(['created dropped', 'passed delivered']);
    expect(Date.now() - begun).toBeGreaterThan(900);
    expect(asked()).toEqual(['passed']);
  });

  it('is not told of an older state by hand', async () => {
    await add(['created']);
    await over(['created delivered']);
    await add(['failed']);
    await over(['created delivered', 'failed delivered']);
    await database.query(`UPDATE hub.deliveries SET state = 'failed'`);
    const ids = (await rows()).map(({ id }) => id);
    const answers = await replicas[0]!.get(DeliveryDesk).retry(ids);
    expect(answers.map(({ result }) => result)).toEqual(['superseded', 'due']);
    await over(['created failed', 'failed delivered']);
  });

  it('ends on the final state of every key, with two replicas and a target that often fails', async () => {
    await start();
    await start();
    const onTheirWay = new Map<unknown, number>();
    const last = new Map<unknown, unknown>();
    let together = 0;
    deliverer.retry = { firstPauseMs: 5, longestPauseMs: 20, attempts: 1_000 };
    deliverer.answer = async ({ payload }: Delivery) => {
      const key = payload?.['key'];
      onTheirWay.set(key, (onTheirWay.get(key) ?? 0) + 1);
      if ((onTheirWay.get(key) ?? 0) > 1) together += 1;
      await new Promise((resolve) => setImmediate(resolve));
      onTheirWay.set(key, (onTheirWay.get(key) ?? 0) - 1);
      if (Math.random() < 0.3) return { kind: 'retry', reason: 'not now' };
      last.set(key, payload?.['name']);
      return { kind: 'delivered' };
    };
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
    for (let state = 0; state < 15; state++) await Promise.all(keys.map((key) => add([String(state)], key)));
    await eventually(async () => expect((await rows()).filter(({ state }) => state === 'pending')).toEqual([]), {
      timeoutMs: 20_000,
    });
    expect(together).toBe(0);
    expect(keys.map((key) => last.get(key))).toEqual(keys.map(() => '14'));
  });
});
