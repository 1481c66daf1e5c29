import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '.';
import { compileHub, HubProcess } from './hub-process';
import { insertBuild } from './rows';

const QUEUE = 'reporting.jobs.builds';
const SLOW_MS = 1_000;
const RATE_PER_SECOND = 25;

/** A receiver of webhooks that counts which of them it accepted. */
class Target {
  /** How often each webhook was accepted, by its id. */
  readonly accepted = new Map<string, number>();

  private constructor(private readonly server: Server) {}

  static async start(answer: (accept: () => void) => RequestListener, port = 0): Promise<Target> {
    const server = createServer((request, response) => {
      const id = String(request.headers['webhook-id']);
      request.resume();
      answer(() => target.accepted.set(id, (target.accepted.get(id) ?? 0) + 1))(request, response);
    });
    const target = new Target(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return target;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const ok =
  (accept: () => void): RequestListener =>
  (_request, response) => {
    accept();
    response.end('ok');
  };

const slow =
  (accept: () => void): RequestListener =>
  (_request, response) => {
    accept();
    setTimeout(() => response.end('ok'), SLOW_MS);
  };

/** Answers 429 beyond its rate, and says when to come again. */
function limiting(): (accept: () => void) => RequestListener {
  let second = 0;
  let count = 0;
  return (accept) => (_request, response) => {
    const now = Math.floor(Date.now() / 1_000);
    if (now !== second) [second, count] = [now, 0];
    count += 1;
    if (count > RATE_PER_SECOND) {
      response.writeHead(429, { 'Retry-After': '1' }).end();
      return;
    }
    accept();
    response.end('ok');
  };
}

/** What became of the deliveries to one target. */
export interface Outcome {
  readonly deliveries: number;
  readonly delivered: number;
  /** How long after it was planned the last one was delivered, in milliseconds. */
  readonly slowestMs: number;
  /** Pauses between the first and the second attempt of each, the shortest, in milliseconds. */
  readonly shortestPauseMs: number | null;
}

/**
 * Many builds that end at once. Each tells five targets by webhook: two that work, one that is slow, one that limits its
 * rate, one that hangs, and one where nobody listens.
 */
export class Storm {
  private constructor(
    readonly builds: number,
    private readonly database: TestDatabase,
    private readonly broker: TestBroker,
    private readonly hub: HubProcess,
    readonly targets: Readonly<Record<'one' | 'two' | 'slow' | 'limiting' | 'hanging', Target>>,
    private readonly deadPort: number,
  ) {}

  static async brew(builds: number): Promise<Storm> {
    compileHub();
    const [database, broker] = await Promise.all([createTestDatabase(), createTestBroker()]);
    const [one, two, slowly, limits, hanging, dead] = await Promise.all([
      Target.start(ok),
      Target.start(ok),
      Target.start(slow),
      Target.start(limiting()),
      Target.start(() => () => undefined),
      Target.start(ok),
    ]);
    const deadPort = dead.port;
    await dead.stop();
    const targets = { one, two, slow: slowly, limiting: limits, hanging };
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    });
    return new Storm(builds, database, broker, hub, targets, deadPort);
  }

  /** All jobs of all builds are reported as finished, in one go. */
  async breakOut(): Promise<void> {
    await this.hub.line(({ msg }) => msg === 'consuming');
    const urls = [...Object.values(this.targets).map(({ url }) => url), this.deadUrl];
    const config = { notifications: { webhooks: urls } };
    const jobs: number[] = [];
    for (let i = 0; i < this.builds; i++) {
      jobs.push(...(await insertBuild(this.database, { jobs: 1, config })).jobIds);
    }
    const connection = await connect(this.broker.url);
    const channel = await connection.createConfirmChannel();
    for (const id of jobs) {
      const body = { id, state: 'passed', started_at: new Date().toISOString(), finished_at: new Date().toISOString() };
      channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(body)), { type: 'job:finish', persistent: true });
    }
    await channel.waitForConfirms();
    await connection.close();
  }

  get deadUrl(): string {
    return `http://127.0.0.1:${this.deadPort}/hook`;
  }

  /** Somebody listens there again. */
  revive(): Promise<Target> {
    return Target.start(ok, this.deadPort);
  }

  async outcomeAt(url: string): Promise<Outcome> {
    const [row] = await this.database.query<Outcome & Record<string, unknown>>(
      `SELECT count(*)::int AS deliveries, count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
              coalesce(extract(epoch FROM max(finished_at - created_at)) * 1000, 0)::float8 AS "slowestMs",
              (extract(epoch FROM min((history -> 1 ->> 'at')::timestamptz - (history -> 0 ->> 'at')::timestamptz)) * 1000)::float8
                AS "shortestPauseMs"
         FROM hub.deliveries WHERE channel = 'webhook' AND target = $1`,
      [url],
    );
    if (!row) throw new Error('an aggregate always has a row');
    return row;
  }

  /** Waits until all of a target's deliveries are made. */
  delivered(url: string, timeoutMs: number): Promise<Outcome> {
    return eventually(
      async () => {
        const outcome = await this.outcomeAt(url);
        if (outcome.delivered < this.builds) throw new Error(`${url}: ${JSON.stringify(outcome)}`);
        return outcome;
      },
      { timeoutMs },
    );
  }

  async subside(): Promise<void> {
    await this.hub.destroy();
    await Promise.all(Object.values(this.targets).map((target) => target.stop()));
    await this.broker.drop();
    await this.database.drop();
  }
}

/** How often webhooks were accepted: `[1]` when each was accepted once. */
export function timesAccepted({ accepted }: { readonly accepted: ReadonlyMap<string, number> }): number[] {
  return [...new Set(accepted.values())];
}
