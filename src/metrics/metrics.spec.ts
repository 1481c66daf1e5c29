import { Test } from '@nestjs/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { INestApplication } from '@nestjs/common';
import request from 'supertest';
import type { App } from 'supertest/types';
import { ConfigModule, loadConfig } from '../config';
import { BROKER_STATUS } from '../contracts/broker-status';
import type { LoggedEvent } from '../contracts/event';
import {
  countMessage,
  eventLag,
  jobPhase,
  messagesTotal,
  MetricsModule,
  recordTransitions,
  timeMessage,
  transitionsTotal,
  typeLabel,
} from '.';

const environment = { DATABASE_URL: 'postgres://hub@db/hub', HTTP_BASIC_AUTH: 'hub:pw' };
const config = loadConfig({ ...environment, RABBITMQ_URL: 'amqp://mq' });
const backlog = { parked: 3, unplanned: 0, pending: 2, oldest: 1.5 };

describe('labels', () => {
  it.each([
    ['job:finish', 'job:finish'],
    ['job:test:finish', 'job:finish'],
    ['build:test:cancel', 'build:cancel'],
    ['job:explode', 'other'],
    ['<script>', 'other'],
    [undefined, 'other'],
  ])('of a message of type %s is %s', (type, label) => expect(typeLabel(type)).toBe(label));

  it('stay few however many types senders invent', async () => {
    for (let index = 0; index < 100; index++) countMessage(`job:${index}`, 'parked');
    const { values } = await messagesTotal.get();
    expect(values).toEqual([{ labels: { type: 'other', outcome: 'parked' }, value: 100 }]);
  });
});

describe('committed events', () => {
  const finished = (at: string | null) =>
    ({ name: 'job:finished', snapshot: { job: { finished_at: at } } }) as unknown as LoggedEvent;

  it('count as transitions, with their lag when the worker said when', async () => {
    recordTransitions([finished('2026-01-01T00:00:00Z'), finished(null)], new Date('2026-01-01T00:00:03Z'));
    expect((await transitionsTotal.get()).values).toEqual([{ labels: { event: 'job:finished' }, value: 2 }]);
    const sum = (await eventLag.get()).values.find(({ metricName }) => metricName === 'hub_event_lag_seconds_sum');
    expect(sum?.value).toBe(3);
  });

  it('tell how long a job waited, booted and ran, by queue', async () => {
    const times = {
      queued_at: '2026-01-01T00:00:00Z',
      received_at: '2026-01-01T00:00:10Z',
      started_at: '2026-01-01T00:00:30Z',
      finished_at: '2026-01-01T00:05:00Z',
    };
    const names = ['job:received', 'job:started', 'job:finished', 'job:canceled', 'job:created'];
    const events = names.map((name) => ({ name, snapshot: { job: { ...times, queue: 'builds.gce' } } }));
    recordTransitions(events as unknown as LoggedEvent[]);
    const { values } = await jobPhase.get();
    const sums = values.filter(({ metricName }) => metricName === 'hub_job_phase_seconds_sum');
    expect(sums.map(({ labels, value }) => [labels.phase, labels.queue, value])).toEqual([
      ['queue', 'builds.gce', 10],
      ['boot', 'builds.gce', 20],
      ['run', 'builds.gce', 270],
      ['total', 'builds.gce', 290],
    ]);
  });
});

describe('GET /metrics', () => {
  let app: INestApplication<App>;
  const query = jest.fn<Promise<unknown>, []>();
  const broker = { consuming: true, degraded: null };

  beforeEach(async () => {
    query.mockReset().mockResolvedValue([backlog]);
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), MetricsModule.forRoot(config)],
      providers: [{ provide: BROKER_STATUS, useValue: broker }],
    })
      .useMocker((token) => (token === getDataSourceToken() ? { query } : undefined))
      .compile();
    app = module.createNestApplication();
    await app.init();
  });
  afterEach(() => app.close());

  const scrape = async () => {
    const response = await request(app.getHttpServer()).get('/metrics').expect(200);
    expect(response.headers['content-type']).toContain('text/plain');
    return response.text;
  };

  it('shows counters, what waits in the database, the consumer and the process', async () => {
    timeMessage('job:start', 0.01);
    const text = await scrape();
    expect(text).toMatch(/^hub_message_duration_seconds_count\{type="job:start"\} 1$/m);
    expect(text).toMatch(/^hub_parked_messages 3$/m);
    expect(text).toMatch(/^hub_deliveries_pending 2$/m);
    expect(text).toMatch(/^hub_delivery_oldest_age_seconds 1.5$/m);
    expect(text).toMatch(/^hub_consumer_up 1$/m);
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('asks the database once for scrapes in quick succession', async () => {
    await scrape();
    await scrape();
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('leaves the database gauges out when the database fails', async () => {
    query.mockRejectedValue(new Error('down'));
    const text = await scrape();
    expect(text).not.toMatch(/^hub_deliveries_pending /m);
    expect(text).toMatch(/^hub_consumer_up 1$/m);
  });

  it('answers soon when the database hangs, and does not ask it again meanwhile', async () => {
    query.mockReturnValue(new Promise(() => undefined));
    expect(await scrape()).not.toMatch(/^hub_deliveries_pending /m);
    await scrape();
    expect(query).toHaveBeenCalledTimes(1);
  });
});
