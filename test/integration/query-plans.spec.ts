import { Deliverers } from '../../src/deliveries';
import { createTestDatabase, eventually } from '../support';
import { MessageTour } from '../support/message-tour';
import { QueryPlans, type WastefulRead } from '../support/query-plan';
import { ScriptedDeliverer } from '../support/scripted-deliverer';
import { SentStatements, type SentStatement } from '../support/sent-statements';
import { insertStock, insertUncounted } from '../support/stock-rows';
import { WebhookSink } from '../support/webhook-sink';
import { startApiApp, type ApiApp } from './api-app';

/** What has to be among the statements: without it the tour has missed something, and nobody looks at its plan. */
const IMPORTANT: Readonly<Record<string, RegExp>> = {
  'locks builds': /FROM builds\b.* FOR NO KEY UPDATE/s,
  'locks repositories': /FROM repositories\b.* FOR NO KEY UPDATE/s,
  'locks jobs': /FROM jobs\s+WHERE id = ANY .* FOR NO KEY UPDATE/s,
  'locks jobs of whole builds': /FROM jobs\s+WHERE source_type = 'Build' AND \(id = ANY .* FOR NO KEY UPDATE/s,
  'reads the siblings of jobs': /FROM jobs\s+WHERE source_type = 'Build' AND source_id = ANY/,
  'locks jobs late': /^SELECT[^()]* FROM jobs WHERE id = ANY .* FOR NO KEY UPDATE/s,
  'reads stages and what Hub knows of builds': / FROM hub\.builds WHERE build_id = b\.id .* FROM stages WHERE /s,
  'reads configs': /FROM build_configs/,
  'reads runs': /FROM hub\.job_runs/,
  'reads what waits to be queued': /SELECT job_id FROM queueable_jobs/,
  'reads how often jobs were reset': /FROM hub\.job_resets WHERE job_id = ANY/,
  'reads when stale jobs were last written': /SELECT id, updated_at FROM jobs/,
  'recognises repeated messages': /FROM hub\.applied_messages\s+WHERE fingerprint = ANY/,
  'finds newer builds': /FROM builds c\s+CROSS JOIN LATERAL/,
  'writes jobs': /UPDATE jobs t /,
  'writes stages': /UPDATE stages t /,
  'writes builds': /UPDATE builds t /,
  'writes repositories': /UPDATE repositories t /,
  'keeps versions of jobs': /INSERT INTO job_versions/,
  'makes jobs queueable': /INSERT INTO queueable_jobs/,
  'takes queueable jobs back': /DELETE FROM queueable_jobs/,
  'counts runs of jobs': /INSERT INTO hub\.jobs /,
  'notes new runs': /INSERT INTO hub\.job_runs/,
  'notes that runs go on': /UPDATE hub\.job_runs/,
  'notes what it knows of builds': /INSERT INTO hub\.builds/,
  'remembers messages': /INSERT INTO hub\.applied_messages/,
  'counts resets': /INSERT INTO hub\.job_resets/,
  'notes instances': /INSERT INTO hub\.job_instances/,
  'logs events': /INSERT INTO hub\.events/,
  'records side effects': /INSERT INTO hub\.deliveries \(channel/,
  'looks for unplanned events': /^SELECT id FROM hub\.events WHERE planned_at IS NULL/,
  'reads events': /FROM hub\.events WHERE id = ANY/,
  'loads facts about builds': /FROM public\.builds b\s+LEFT JOIN public\.repositories/,
  'loads facts about jobs': /FROM public\.jobs j LEFT JOIN public\.job_configs/,
  'plans deliveries': /INSERT INTO hub\.deliveries\s+\(event_id/,
  'claims deliveries': /FROM hub\.deliveries d\b.* FOR UPDATE OF d SKIP LOCKED/s,
  'renews leases of deliveries': /UPDATE hub\.deliveries SET leased_until = \(/,
  'claims deliveries of which the latest counts': / keys AS MATERIALIZED .* SKIP LOCKED/s,
  'gives deliveries back': /UPDATE hub\.deliveries d\s+SET attempts = attempts - 1/,
  'records attempts': /UPDATE hub\.deliveries d\s+SET \(state, last_reason/,
  'asks whether a job has begun before its log is cleared': /^SELECT started_at IS NOT NULL .* FROM public\.jobs/s,
  'parks messages': /INSERT INTO hub\.parked_messages/,
  'finds parked messages whose subject is there': /FROM hub\.parked_messages p\b/,
  'locks the oldest parked message of a subject': /SELECT min\(id\) FROM hub\.parked_messages/,
  'marks parked messages as replayed': /UPDATE hub\.parked_messages .* replayed_at = /s,
  'keeps messages that are replayed in vain': /UPDATE hub\.parked_messages .* reason = /s,
  'counts the backlog': /FROM hub\.parked_messages .* FROM hub\.deliveries WHERE state = 'pending'/s,
  'deletes old deliveries': /DELETE FROM hub\.deliveries/,
  'deletes old events': /DELETE FROM hub\.events/,
  'deletes old idempotency keys': /DELETE FROM hub\.idempotency_keys/,
  'forgets old messages': /DELETE FROM hub\.applied_messages/,
  'forgets used tokens': /DELETE FROM hub\.used_tokens/,
  'forgets instances': /DELETE FROM hub\.job_instances/,
  'forgets resets': /DELETE FROM hub\.job_resets/,
  'begins to sweep': /INSERT INTO hub\.sweeps/,
  'takes turns to sweep': /UPDATE hub\.sweeps/,
  'counts stale jobs of the past': /WITH running AS MATERIALIZED .* SELECT count\(\*\)/s,
  'finds stale jobs': /WITH running AS MATERIALIZED .* ORDER BY updated_at, id LIMIT/s,
  'shows a job': /AS instance_id,.* FROM jobs j WHERE j\.id = /s,
  'shows what happened to a build': /FROM hub\.events e WHERE e\.build_id = b\.id/,
  'finds the jobs of an instance': /FROM hub\.job_runs WHERE instance_id = /,
};

/** What may be read otherwise than by equality, by the statement and how that is done. */
const ALLOWED: readonly { readonly statement: RegExp; readonly how: RegExp }[] = [
  // Oldest first and no more than it deletes at once: it walks the index from its front and stops.
  { statement: /DELETE FROM hub\.deliveries /, how: / of hub\.deliveries_pkey / },
  { statement: /DELETE FROM hub\.events /, how: / of hub\.events_pkey / },
  { statement: /DELETE FROM hub\.applied_messages /, how: / of hub\.applied_messages_age for .*applied_at < / },
  { statement: /DELETE FROM hub\.used_tokens /, how: / of hub\.used_tokens_age for .*used_at < / },
  { statement: /DELETE FROM hub\.job_instances /, how: / of hub\.job_instances_age for .*seen_at < / },
  // One row for each job that was reset within two days, looked through every ten minutes by one replica: an index would
  // be written with each reset.
  { statement: /DELETE FROM hub\.job_resets /, how: /whole table$| of hub\.job_resets_pkey / },
  // One row for each build that was created over HTTP, looked through every ten minutes by one replica: too few to pay
  // for an index with each of these builds.
  { statement: /DELETE FROM hub\.idempotency_keys /, how: /whole table$| of hub\.idempotency_keys_pkey / },
];

/** What may be so for the few seconds until plans are made anew: little is there to be read until then. */
const ALLOWED_AT_FIRST: typeof ALLOWED = [
  ...ALLOWED,
  { statement: /FROM builds c CROSS JOIN LATERAL/, how: /builds_pkey for \(n\.id > c\.id\)/ },
  { statement: /FROM hub\.parked_messages p WHERE p\.replayed_at IS NULL/, how: /for all of its rows$/ },
];

describe('Hub, on a database that has been in use', () => {
  let hub: ApiApp;
  let sink: WebhookSink;
  let services: WebhookSink;
  let plans: QueryPlans;
  let statements: readonly SentStatement[];

  beforeAll(async () => {
    sink = await WebhookSink.start();
    services = await WebhookSink.start();
    hub = await startApiApp({
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      LOGS_API_URL: services.url,
      LOGS_API_TOKEN: 'token',
      JOB_BOARD_URL: services.url,
    });
    hub.app.get(Deliverers, { strict: false }).register(latestOnly);
    await insertStock(hub.database);
    plans = await QueryPlans.open(hub.database.url);
    const sent = SentStatements.listen();
    await new MessageTour(hub.app, hub.database, sink.url)
      .run()
      .then((job) => Promise.all([hub.get(`/api/jobs/${job}`), hub.get('/api/jobs?instance_id=instance-1')]))
      .then(([job]) => hub.get(`/api/builds/${job.body.build.id}/timeline`))
      .then(tellLatest)
      .finally(() => (statements = sent.stop()));
  });
  afterAll(async () => {
    await plans.close();
    await hub.close();
    await sink.close();
    await services.close();
  });

  const latestOnly = new ScriptedDeliverer('status', 'statuses');
  latestOnly.latestOnly = true;

  /** One overtakes the other. */
  const tellLatest = async (): Promise<void> => {
    await hub.database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, latest_only)
       SELECT 'status', 'f', 'somebody', 'status/key', true FROM generate_series(1, 2)`,
    );
    await eventually(() => expect(latestOnly.asked).toHaveLength(1));
  };

  const wastefulReads = async (by = plans, allowed = ALLOWED): Promise<readonly WastefulRead[]> => {
    const reads: WastefulRead[] = [];
    for (const statement of statements) reads.push(...(await by.wastefulReads(statement)));
    return reads.filter((read) => !allowed.some((a) => a.statement.test(read.statement) && a.how.test(read.how)));
  };

  it.each(Object.entries(IMPORTANT))('%s', (_, text) => {
    expect(statements.filter((statement) => text.test(statement.text)).length).toBeGreaterThan(0);
  });

  it('tells receivers, so that what it sends for that is seen too', () => {
    expect(sink.received.length).toBeGreaterThan(0);
  });

  it('finds the rows of every statement by an index', async () => {
    expect((await wastefulReads()).map(({ table, how, statement }) => `${table}: ${how} in ${statement}`)).toEqual([]);
  });

  // A plan is made anew soon, but not at once.
  it.each([30, 100, 300, 1_000, 3_000])(
    'finds them so when it plans with %d new builds, unknown to the statistics',
    async (builds) => {
      const young = await createTestDatabase();
      const youngPlans = await QueryPlans.open(young.url);
      try {
        await insertUncounted(young, builds);
        expect(
          (await wastefulReads(youngPlans, ALLOWED_AT_FIRST)).map(({ how, statement }) => `${how} in ${statement}`),
        ).toEqual([]);
      } finally {
        await youngPlans.close();
        await young.drop();
      }
    },
  );

  it.each([
    ['public.stages', 'index_stages_on_build_id'],
    ['public.job_versions', 'index_job_versions_on_job_id'],
    ['public.jobs', 'index_jobs_unfinished'],
    ['hub.job_runs', 'job_runs_instance'],
    ['hub.job_instances', 'job_instances_job'],
    ['hub.events', 'events_unplanned'],
    ['hub.deliveries', 'deliveries_order'],
    ['hub.deliveries', 'deliveries_due'],
    ['hub.deliveries', 'deliveries_again'],
  ])('would read %s otherwise without %s', async (table, index) => {
    const name = `${table.split('.')[0] ?? ''}.${index}`;
    const [made] = await hub.database.query<{ sql: string }>('SELECT pg_get_indexdef($1::regclass) AS sql', [name]);
    await hub.database.query(`DROP INDEX ${name}`);
    expect((await wastefulReads()).map((read) => read.table)).toContain(table);
    // Or the next one would be proved by this one.
    await hub.database.query(made?.sql ?? '');
  });
});
