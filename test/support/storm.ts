import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '.';
import { APP, GithubService } from './github-service';
import { compileHub, HubProcess } from './hub-process';
import { SmtpStub } from './smtp-stub';
import { insertCommittedBuilds, insertOwner, type Owner } from './storm-rows';

const QUEUE = 'reporting.jobs.builds';
const SLOW_MS = 1_000;
const RATE_PER_SECOND = 25;

type Behaviour = (accept: () => void) => RequestListener;

const ok: Behaviour = (accept) => (_request, response) => {
  accept();
  response.end('ok');
};

const slow: Behaviour = (accept) => (_request, response) => {
  accept();
  setTimeout(() => response.end('ok'), SLOW_MS);
};

const hanging: Behaviour = () => () => undefined;

/** Answers 429 beyond its rate, and says when to come again. */
function limiting(): Behaviour {
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

/** A receiver of webhooks that counts which of them it accepted. */
class Receiver {
  /** The ids of the webhooks that it accepted, as often as it did. */
  readonly accepted: string[] = [];
  private port = 0;
  private readonly server;

  constructor(behaviour: Behaviour) {
    this.server = createServer((request, response) => {
      request.resume();
      behaviour(() => this.accepted.push(String(request.headers['webhook-id'])))(request, response);
    });
  }

  /** Listens, always in the same place. */
  async up(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Deliveries name it so. */
  get destination(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.destination}/hook`;
  }
}

/** What the weather does to those who are told. */
export interface Weather {
  /** How long the mail server thinks before it takes a mail. */
  readonly mailMs: number;
  /** For how many seconds GitHub takes nothing from one of the installations. */
  readonly limitSeconds: number;
}

/** What became of the deliveries to one destination. */
export interface Telling {
  /** Of how many builds it was told. */
  readonly builds: number;
  /** Deliveries that are still to be made. */
  readonly owed: number;
  /** How long after their event it was noted that they were made, in milliseconds: 99 in 100 of them. */
  readonly p99Ms: number;
}

/** An attempt to deliver. */
export interface AttemptMade {
  readonly delivery: number;
  /** Of the delivery's, from 1. */
  readonly nth: number;
  /** When it was over, in milliseconds. */
  readonly atMs: number;
}

/**
 * Many builds that end at once. Each tells six webhooks: two that work, one that is slow, one that limits its rate, one
 * that hangs, and one where nobody listens. Each is mailed about through a slow server. Half of them belong to `acme`,
 * from whose installation of the app GitHub takes nothing for a while, half to `zenith`, which is well. Without weather
 * everybody is.
 */
export class Storm {
  /** When GitHub's limit is over, in milliseconds since 1970. */
  limitedUntil = 0;
  private hub: HubProcess | null = null;
  private readonly owners: Owner[] = [];

  private constructor(
    readonly builds: number,
    private readonly weather: Weather | null,
    private readonly database: TestDatabase,
    private readonly broker: TestBroker,
    readonly webhooks: Readonly<Record<'one' | 'two' | 'slow' | 'limiting' | 'hanging' | 'dead', Receiver>>,
    readonly mail: SmtpStub,
    readonly github: GithubService,
  ) {}

  static async brew(builds: number, weather: Weather | null): Promise<Storm> {
    compileHub();
    const [database, broker, mail] = await Promise.all([createTestDatabase(), createTestBroker(), SmtpStub.start()]);
    const webhooks = {
      one: new Receiver(ok),
      two: new Receiver(ok),
      slow: new Receiver(weather ? slow : ok),
      limiting: new Receiver(weather ? limiting() : ok),
      hanging: new Receiver(weather ? hanging : ok),
      dead: new Receiver(ok),
    };
    const github = new GithubService();
    await Promise.all([github, ...Object.values(webhooks)].map((service) => service.up()));
    return new Storm(builds, weather, database, broker, webhooks, mail, github);
  }

  /** All jobs of all builds are reported as finished, in one go. */
  async breakOut(): Promise<void> {
    const jobs = [...(await this.prepare('acme')), ...(await this.prepare('zenith'))];
    this.hub = this.startHub();
    await this.hub.line(({ msg }) => msg === 'consuming');
    if (this.weather) {
      await this.webhooks.dead.down();
      this.mail.thinksMs = this.weather.mailMs;
      const resetAt = Math.ceil(Date.now() / 1_000) + this.weather.limitSeconds;
      this.limitedUntil = resetAt * 1_000;
      this.github.limits.set(String(this.owners[0]?.installation), { kind: 'primary', resetAt });
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

  private async prepare(name: string): Promise<readonly number[]> {
    const webhooks = Object.values(this.webhooks).map(({ url }) => url);
    const config = { notifications: { webhooks, email: { recipients: ['ada@example.org'], on_success: 'always' } } };
    const owner = await insertOwner(this.database, name);
    this.owners.push(owner);
    const jobs: number[] = [];
    for (const repository of owner.repositories) {
      const count = this.builds / 2 / owner.repositories.length;
      const { jobIds, commits } = await insertCommittedBuilds(this.database, repository, count, config);
      this.github.repository(repository.githubId, repository.slug, ...commits);
      jobs.push(...jobIds);
    }
    this.github.install(
      owner.installation,
      owner.repositories.map(({ githubId }) => githubId),
    );
    return jobs;
  }

  private startHub(): HubProcess {
    return new HubProcess({
      DATABASE_URL: this.database.url,
      RABBITMQ_URL: this.broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      HUB_CHANNELS: 'webhook=deliver,email=deliver,github-status=deliver,github-checks=deliver',
      SMTP_URL: this.mail.url(),
      HUB_SMTP_TLS: 'off',
      HUB_EMAIL_FROM: 'builds@example.org',
      HUB_PUBLIC_URL: 'https://hub.example.org',
      HUB_UNSUBSCRIBE_SECRET: 'a-secret-for-links-of-32-letters',
      GITHUB_API_URL: this.github.url,
      GITHUB_APP_ID: String(APP.id),
      GITHUB_APP_PRIVATE_KEY: APP.privateKey,
    });
  }

  /** Those who are well, with how many builds each is told of. */
  get healthy(): readonly (readonly [destination: string, builds: number])[] {
    const { one, two } = this.webhooks;
    return [
      [one.destination, this.builds],
      [two.destination, this.builds],
      [`${new URL(this.github.url).host}/zenith`, this.builds / 2],
    ];
  }

  /** Those who are told, sooner or later, once all but the one that hangs are well again. */
  get all(): readonly (readonly [destination: string, builds: number])[] {
    const { slow, limiting, dead } = this.webhooks;
    return [
      ...this.healthy,
      ...[slow, limiting, dead].map(({ destination }) => [destination, this.builds] as const),
      [`localhost:${this.mail.port}`, this.builds],
      [`${new URL(this.github.url).host}/acme`, this.builds / 2],
    ];
  }

  /** The mail server becomes quick, and the dead one is back. GitHub's limit passes by itself. */
  async clearUp(): Promise<void> {
    this.mail.thinksMs = 0;
    await this.webhooks.dead.up();
  }

  /** Waits until a destination was told of so many builds and nothing is owed to it. */
  told([destination, builds]: readonly [string, number], timeoutMs: number): Promise<Telling> {
    return eventually(
      async () => {
        const telling = await this.tellingOf(destination);
        if (telling.builds < builds || telling.owed > 0) {
          throw new Error(`${destination} is to be told of ${builds}: ${JSON.stringify(telling)}`);
        }
        return telling;
      },
      { timeoutMs },
    );
  }

  async tellingOf(destination: string): Promise<Telling> {
    const [row] = await this.database.query<Telling & Record<string, unknown>>(
      `SELECT count(DISTINCT e.build_id) FILTER (WHERE d.state = 'delivered')::int AS builds,
              count(*) FILTER (WHERE d.state = 'pending')::int AS owed,
              coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY round(extract(epoch FROM d.finished_at - e.at) * 1000))
                         FILTER (WHERE d.state = 'delivered'), 0)::float8 AS "p99Ms"
         FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE d.destination = $1`,
      [destination],
    );
    if (!row) throw new Error('an aggregate always has a row');
    return row;
  }

  /** All attempts at a destination, in the order in which they ended. */
  attemptsAt(destination: string): Promise<readonly AttemptMade[]> {
    return this.database.query<AttemptMade & Record<string, unknown>>(
      `SELECT d.id AS delivery, (h ->> 'attempt')::int AS nth,
              (extract(epoch FROM (h ->> 'at')::timestamptz) * 1000)::float8 AS "atMs"
         FROM hub.deliveries d, jsonb_array_elements(d.history) h WHERE d.destination = $1 ORDER BY 3, 1`,
      [destination],
    );
  }

  /** What each receiver was told, in words that are the same when it was told the same again. */
  get tellings(): Readonly<Record<string, readonly string[]>> {
    const { hanging: _told, ...webhooks } = this.webhooks;
    const accepted = Object.entries(webhooks).map(([name, { accepted }]) => [name, accepted] as const);
    return {
      ...Object.fromEntries(accepted),
      mail: this.mail.received.map(({ messageId, to }) => `${messageId} ${[to].flat()[0]?.text}`),
      statuses: this.github.statuses.map(({ sha, context, state }) => `${sha} ${context} ${state}`),
      // A run's outcome is asked beside its existence: a second one would be a second telling.
      runs: this.github.runs.map(({ head_sha, name, conclusion }) => `${head_sha} ${name} ${conclusion}`),
    };
  }

  async subside(): Promise<void> {
    await this.hub?.destroy();
    await Promise.all([...Object.values(this.webhooks).map((webhook) => webhook.down()), this.mail.stop()]);
    await this.github.close();
    await this.broker.drop();
    await this.database.drop();
    this.github.expectNoMistakes();
  }
}
