import { request } from 'undici';
import { Batcher, normaliseMessage, RabbitmqIntake } from '../../src/intake';
import { createTestBroker, type TestBroker } from '../support';
import { publish, publishHostile, QUEUE } from '../fuzz/broker';
import { fuzzDecoder } from '../fuzz/decoder';
import { DOORS, fuzzHttp } from '../fuzz/http';
import { basic, buildBody, startApiApp, type ApiApp } from './api-app';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const LARGE = Buffer.alloc(10_000_000, 'x');

describe(`input from hell (seed ${SEED})`, () => {
  it('never makes a decoder throw anything but a reason', () => {
    const { outcomes } = fuzzDecoder(20_000, SEED);
    // It reached what it was meant for: both sides of every decision.
    for (const outcome of [
      'accepted',
      'not_json',
      'not_an_object',
      'no_type',
      'unknown_type',
      'unusable_id',
      'unusable_result',
    ]) {
      expect(outcomes[outcome]).toBeGreaterThan(10);
    }
  });

  describe('at a running Hub', () => {
    let broker: TestBroker;
    let hub: ApiApp;

    beforeAll(async () => {
      broker = await createTestBroker();
      hub = await startApiApp({ RABBITMQ_URL: broker.url, HUB_CHANNELS: 'webhook=off' });
      // Jobs 1 to 50, so that some of what arrives is about something.
      await hub.post('/api/builds', buildBody({ jobs: Array.from({ length: 50 }, () => ({})) }));
    });
    afterAll(async () => {
      await hub.close();
      await broker.drop();
    });

    it('is answered over HTTP with what is wrong, never with a 500', async () => {
      const base = await hub.app.getUrl();
      const { outcomes, inputs } = await fuzzHttp(base, DOORS(basic('alice', 'wonderland')), 1_000, SEED);
      expect(inputs).toBe(1_000);
      expect(outcomes['POST 400']).toBeGreaterThan(10);
      expect((await hub.get('/health/ready')).status).toBe(200);
    });

    it('is refused at each door when it is ten megabytes large', async () => {
      const base = await hub.app.getUrl();
      for (const { method, path, headers } of DOORS(basic('alice', 'wonderland'))) {
        const answer = await request(`${base}${path.replace(':id', '1')}`, {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          body: LARGE,
        });
        expect([path, answer.statusCode]).toEqual([path, 413]);
        await answer.body.dump();
      }
    });

    it('is settled, each message, and what cannot be applied is parked with its reason', async () => {
      hub.app.get(RabbitmqIntake, { strict: false }).connect(hub.app);
      await hub.app.startAllMicroservices();
      await publishHostile(broker.url, 1_500, SEED);
      await broker.drained(QUEUE);
      const rows = await hub.rows<{ reason: string; n: number }>(
        'SELECT reason, count(*) AS n FROM hub.parked_messages GROUP BY reason',
      );
      const reasons = new Map(rows.map(({ reason, n }) => [reason, n]));
      for (const reason of ['not_json', 'not_an_object', 'unknown_type', 'unusable_id', 'unusable_result']) {
        expect(reasons.get(reason) ?? 0).toBeGreaterThan(5);
      }
      expect(reasons.get('failed') ?? 0).toBe(0);
      const [job] = await hub.rows<{ id: number }>(
        `SELECT id FROM jobs WHERE state = 'created' ORDER BY id DESC LIMIT 1`,
      );
      const outcome = await hub.app
        .get(Batcher, { strict: false })
        .submit(normaliseMessage('job:start', { id: job?.id }));
      expect(outcome.kind).toBe('changed');
    }, 60_000);

    it('is parked whole when it is ten megabytes of nothing, and applied when there is a message among them', async () => {
      const [job] = await hub.rows<{ id: number }>(`SELECT id FROM jobs WHERE state = 'created' ORDER BY id LIMIT 1`);
      const message = JSON.stringify({ id: job?.id, state: 'passed', filler: LARGE.toString() });
      await publish(broker.url, 'job:finish', [LARGE, Buffer.from(message), LARGE]);
      await broker.drained(QUEUE);
      expect(
        await hub.rows('SELECT reason, length(body) AS bytes FROM hub.parked_messages WHERE length(body) > 1000000'),
      ).toEqual([
        { reason: 'not_json', bytes: LARGE.length },
        { reason: 'not_json', bytes: LARGE.length },
      ]);
      expect(await hub.rows('SELECT state FROM jobs WHERE id = $1', job?.id)).toEqual([{ state: 'passed' }]);
    }, 60_000);
  });
});
