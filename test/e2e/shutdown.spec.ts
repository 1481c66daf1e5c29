import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type AddressInfo } from 'node:net';
import { connect, type ChannelModel } from 'amqplib';
import { Client } from 'pg';
import { createTestBroker, type TestBroker } from '../support/broker';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { compileHub, HubProcess } from '../support/hub-process';
import { TcpProxy } from '../support/tcp-proxy';

const QUEUE = 'reporting.jobs.builds';

let database: TestDatabase;
let broker: TestBroker;
let environment: Record<string, string>;
let connection: ChannelModel;
const started: HubProcess[] = [];

function start(changes: Record<string, string> = {}, wrapper: string[] = []): HubProcess {
  const hub = new HubProcess({ ...environment, ...changes }, wrapper);
  started.push(hub);
  return hub;
}

/** A Hub that has the database and consumes. */
async function startReady(changes: Record<string, string> = {}, wrapper: string[] = []): Promise<[HubProcess, string]> {
  const hub = start(changes, wrapper);
  const url = await hub.url();
  await eventually(async () => expect(await ready(url)).toMatchObject({ code: 200, status: 'ok' }), {
    timeoutMs: 15_000,
  });
  return [hub, url];
}

/** A connection of its own for each request, so that none is open when Hub stops. */
function get(url: string): Promise<Response> {
  return fetch(url, { headers: { Connection: 'close' } });
}

async function ready(url: string): Promise<{ code: number; status: string }> {
  const response = await get(`${url}/health/ready`);
  return { code: response.status, ...((await response.json()) as { status: string }) };
}

/** A build of one job. */
async function createJob(): Promise<number> {
  const [build] = await database.query<{ id: number }>(
    `INSERT INTO public.builds (state, created_at, updated_at) VALUES ('created', now(), now()) RETURNING id`,
  );
  const [job] = await database.query<{ id: number }>(
    `INSERT INTO public.jobs (state, source_type, source_id, created_at, updated_at)
     VALUES ('queued', 'Build', $1, now(), now()) RETURNING id`,
    [build?.id],
  );
  return job?.id ?? -1;
}

/** Holds the rows that a message needs, so that it stays in hand. @returns what lets them go */
async function holdBuilds(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM public.builds FOR UPDATE');
  return () => client.end();
}

/** Sends a message and waits until Hub has it in hand. */
async function sendAndWait(url: string, jobId: number): Promise<void> {
  const channel = await connection.createConfirmChannel();
  const body = { id: jobId, state: 'started', started_at: '2026-01-01T00:00:00Z' };
  channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(body)), { type: 'job:test:start' });
  await channel.waitForConfirms();
  await channel.close();
  await eventually(async () =>
    expect(await (await get(`${url}/metrics`)).text()).toMatch(/^hub_messages_in_flight 1$/m),
  );
}

async function queue(): Promise<{ messageCount: number; consumerCount: number }> {
  const channel = await connection.createChannel();
  const counts = await channel.checkQueue(QUEUE);
  await channel.close();
  return counts;
}

async function queued(): Promise<number> {
  return (await queue()).messageCount;
}

async function stateOf(jobId: number): Promise<unknown> {
  const [row] = await database.query<{ state: string }>('SELECT state FROM public.jobs WHERE id = $1', [jobId]);
  return row?.state;
}

beforeAll(async () => {
  compileHub();
  database = await createTestDatabase();
  broker = await createTestBroker();
  connection = await connect(broker.url);
  environment = { HTTP_BASIC_AUTH: 'hub:pw', DATABASE_URL: database.url, RABBITMQ_URL: broker.url, PORT: '0' };
}, 60_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((hub) => hub.destroy()));
  const channel = await connection.createChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  await channel.purgeQueue(QUEUE);
  await channel.close();
});
afterAll(async () => {
  await connection.close();
  await Promise.all([database.drop(), broker.drop()]);
});

describe('a Hub that is told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 soon after %s when nothing is in hand', async (signal) => {
    const [hub] = await startReady();
    const begun = performance.now();
    hub.kill(signal);
    expect(await hub.exited).toBe(0);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(hub.lines.at(-1)).toMatchObject({ level: 'info', msg: 'stopped' });
  });

  it('says that it is not ready, finishes and acknowledges what it has in hand, and exits with 0', async () => {
    const [hub, url] = await startReady();
    const job = await createJob();
    const release = await holdBuilds();
    await sendAndWait(url, job);

    hub.kill('SIGTERM');
    await eventually(async () => expect(await ready(url)).toMatchObject({ code: 503 }));
    await release();

    expect(await hub.exited).toBe(0);
    expect(await stateOf(job)).toBe('started');
    expect(await queued()).toBe(0);
  });

  it('takes no message any more', async () => {
    const [hub, url] = await startReady();
    const job = await createJob();
    const release = await holdBuilds();
    await sendAndWait(url, job);
    hub.kill('SIGTERM');
    await eventually(async () => expect((await queue()).consumerCount).toBe(0));

    const late = await createJob();
    const channel = await connection.createConfirmChannel();
    channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify({ id: late, state: 'started' })), { type: 'job:test:start' });
    await channel.waitForConfirms();
    await channel.close();
    await release();

    expect(await hub.exited).toBe(0);
    expect(await queued()).toBe(1);
    expect(await stateOf(late)).toBe('queued');
  });

  it('gives back what it has in hand while the database is away, and exits with 0', async () => {
    const line = await TcpProxy.start(database.url);
    const [hub, url] = await startReady({ DATABASE_URL: line.url });
    const job = await createJob();
    const release = await holdBuilds();
    await sendAndWait(url, job);
    line.cut();
    await release();
    await hub.line(({ component, level }) => component === 'batcher' && level === 'warn');

    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
    await eventually(async () => expect(await queued()).toBe(1));
    expect(await stateOf(job)).toBe('queued');
    await line.close();
  });

  it('does not wait for a client that never finishes its request', async () => {
    const [hub, url] = await startReady({ HUB_GRACE_SECONDS: '4' });
    const { hostname, port } = new URL(url);
    const client = connectSocket(Number(port), hostname);
    client.on('error', () => undefined);
    client.write('POST /api/builds HTTP/1.1\r\nHost: hub\r\nContent-Length: 100\r\n\r\n{');
    await eventually(async () => expect(await ready(url)).toMatchObject({ code: 200 }));

    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
    client.destroy();
  });

  it('stops although neither server is there', async () => {
    const hub = start({ DATABASE_URL: 'postgres://hub@127.0.0.1:1/hub', RABBITMQ_URL: 'amqp://127.0.0.1:1' });
    await hub.url();
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
  });

  it('exits with 1 when the grace period is over, says what is left, and loses nothing', async () => {
    const [hub, url] = await startReady({ HUB_GRACE_SECONDS: '1' });
    const job = await createJob();
    const release = await holdBuilds();
    await sendAndWait(url, job);

    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(1);
    expect(hub.lines.at(-1)).toMatchObject({ level: 'fatal', messagesInFlight: 1 });
    expect(hub.lines.at(-1)?.msg).toContain('the grace period of 1 s is over');
    await release();
    await eventually(async () => expect(await queued()).toBe(1));
  });

  it('exits with 1 at once on a second signal', async () => {
    const [hub, url] = await startReady();
    const job = await createJob();
    const release = await holdBuilds();
    await sendAndWait(url, job);

    hub.kill('SIGTERM');
    await hub.line(({ msg }) => msg?.startsWith('stopping') === true);
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(1);
    expect(hub.lines.at(-1)?.msg).toContain('came again');
    await release();
  });
});

describe('a Hub that is process 1', () => {
  const unshare = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
  // Needs the right to make a process namespace, which ordinary users often do not have.
  const wrapper = spawnSync('unshare', [...unshare.slice(1), 'true']).status === 0 ? unshare : [];

  it('exits with 0 on SIGTERM (where this machine lets it be process 1)', async () => {
    const [hub] = await startReady({}, wrapper);
    const { pid } = await hub.line(({ msg }) => msg === 'Hub is up');
    const inner = wrapper.length > 0 ? readFileSync(`/proc/${hub.pid}/task/${hub.pid}/children`, 'utf8') : hub.pid;
    process.kill(Number(inner), 'SIGTERM');
    expect(await hub.exited).toBe(0);
    expect(pid).toBe(wrapper.length > 0 ? 1 : hub.pid);
  });
});

describe('a Hub that cannot start', () => {
  it('says everything that is missing, in words, and exits with 1', async () => {
    const hub = new HubProcess({ HUB_PREFETCH: 'many' });
    expect(await hub.exited).toBe(1);
    expect(hub.stderr).toMatch(/3 settings are missing or wrong[^]*DATABASE_URL[^]*HTTP_BASIC_AUTH/);
    expect(hub.stderr).not.toMatch(/\n {4}at |=many/);
  });

  it('says which port is taken and exits with 1', async () => {
    const taken = createServer().listen(0);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const hub = start({ PORT: String(port) });
    expect(await hub.exited).toBe(1);
    expect(hub.lines.at(-1)?.msg).toContain(`port ${port} is taken`);
    taken.close();
  });
});
