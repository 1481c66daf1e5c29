import { inspect } from 'node:util';
import { EVENT_NAMES, type EventName } from '../../src/contracts/event';
import { fallbacksOf } from '../../src/config/variable';
import {
  isTarget,
  type Channel,
  type ChannelTarget,
  type DeliverContext,
  type DeliveryOutcome,
  type Notice,
  type SilentElement,
} from '../../src/notifications/channel';
import { Broker } from '../../src/notifications/broker';
import { soundOutcome } from '../../src/deliveries/domain/sound-outcome';
import type { ChannelModule } from '../../src/notifications/load-channels';
import { Receiver, type Answer } from './receiver';
import { sampleDeps, type SampleDeps } from './sample-deps';
import { sampleNotice, type Sample } from './sample-notice';
import { TcpTrap } from './tcp-trap';

export { Receiver } from './receiver';
export { sampleDeps } from './sample-deps';
export { sampleNotice } from './sample-notice';

/** Every part of the receiver's url that must never turn up in anything that is kept or shown. */
const SECRETS = ['hunter2user', 'hunter3password', 'hunter4Token4567890', 'hunter5query'];
const DELIVERY_ID = 987_654_321;
/** Some channels tell nobody of what is old. */
const NOW = new Date().toISOString();

/** What a channel that speaks another protocol than HTTP tells somebody through, instead of the suite's receiver. */
export interface Counterpart {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * The suite every channel has to pass, whoever wrote it.
 *
 * @param name shown in the report.
 * @param exported what the channel's file exports.
 * @param startCounterpart for channels whose contract says `http: false`.
 */
export function describeChannel(
  name: string,
  exported: ChannelModule,
  startCounterpart?: () => Promise<Counterpart>,
): void {
  describe(`channel ${name}`, () => {
    let receiver: Receiver;
    let sample: SampleDeps<unknown>;
    let channel: Channel;
    let counterpart: Counterpart | undefined;
    const { contract } = exported;
    const overHttp = contract !== undefined && contract.http !== false;

    beforeAll(async () => {
      counterpart = await startCounterpart?.();
    });

    afterAll(() => counterpart?.stop());

    beforeEach(async () => {
      receiver = await Receiver.start();
      receiver.answer = () => contract?.accepts ?? { status: 200 };
      sample = sampleDeps<unknown>(settingsFor(secretUrl()));
      channel = exported.default(sample.deps);
    });

    afterEach(async () => {
      await channel.close?.();
      await sample.close();
      await receiver.stop();
    });

    const secretUrl = (port = counterpart?.port): string => {
      const url = new URL(receiver.url(`/hook/${SECRETS[2]}?token=${SECRETS[3]}`, `${SECRETS[0]}:${SECRETS[1]}@`));
      if (port !== undefined) url.port = String(port);
      return url.href;
    };
    const notice = (event: EventName, about: Sample = {}, url = secretUrl()): Notice =>
      sampleNotice({ at: NOW, ...about, event, config: { notifications: contract?.notifications(url) ?? {} } });
    const settingsFor = (url: string): Readonly<Record<string, unknown>> => ({
      ...fallbacksOf(exported.variables ?? {}),
      ...contract?.settings?.(url),
    });
    const decisionsOf = async (about: Notice): Promise<readonly (ChannelTarget<unknown> | SilentElement)[]> =>
      channel.targets(about);
    const tell = async (about: Notice, context: Partial<DeliverContext> = {}): Promise<DeliveryOutcome> => {
      const [first] = (await decisionsOf(about)).filter(isTarget);
      if (first === undefined) throw new Error(`${name} has no target for ${about.event.name}: see ChannelContract.`);
      const { signal } = new AbortController();
      const outcome = await channel.deliver(about, first.target, {
        deliveryId: DELIVERY_ID,
        attempt: 1,
        signal,
        ...context,
      });
      // No number that is none, no reason left out.
      expect(outcome).toEqual(soundOutcome(outcome));
      return outcome;
    };
    /** A channel may say "retry" or throw, which means the same. */
    const tellOrThrow = (about: Notice, context: Partial<DeliverContext> = {}): Promise<DeliveryOutcome> =>
      tell(about, context).catch((error: unknown) => ({ kind: 'retry', reason: inspect(error, { depth: 9 }) }));
    const anEvent = (): EventName =>
      channel.events.find((event) => event === 'build:finished') ?? channel.events[0] ?? 'build:finished';

    it('declares a name, known events and a time limit of at most a minute', () => {
      expect(channel.name).toMatch(/^[a-z][a-z0-9_-]*$/);
      expect(channel.events.length).toBeGreaterThan(0);
      expect(EVENT_NAMES).toEqual(expect.arrayContaining([...channel.events]));
      expect(channel.timeoutMs).toBeGreaterThan(0);
      expect(channel.timeoutMs).toBeLessThanOrEqual(60_000);
    });

    it('finds the same targets again for every event, each with its own key, and shows no secret of them', async () => {
      for (const event of channel.events) {
        const about = notice(event);
        const decisions = await decisionsOf(about);
        const targets = decisions.filter(isTarget);
        expect({ event, tellsSomebody: targets.length > 0 }).toEqual({ event, tellsSomebody: true });
        expect(await decisionsOf(about)).toEqual(decisions);
        const ids = targets.map(({ element, key }) => `${element} ${key}`);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { display, orderKey = '', destination = '' } of targets) {
          expectNoSecret(`${display} ${orderKey} ${destination}`);
        }
        if (channel.latestOnly) expect(targets.every(({ orderKey }) => orderKey !== undefined)).toBe(true);
      }
    });

    it('survives every form of config that a build can hold', async () => {
      const forms = [null, true, false, 0, 'text', '', [], {}, [null], [[]], [{}], { secure: 'x' }, [{ secure: 'x' }]];
      const section = Object.keys(contract?.notifications(receiver.url()) ?? {})[0] ?? channel.name;
      for (const form of forms) {
        for (const config of [
          { notifications: form },
          { notifications: { [section]: form } },
          { notifications: { [section]: { urls: form } } },
        ]) {
          const decisions = await decisionsOf(sampleNotice({ event: anEvent(), config }));
          expect(Array.isArray(decisions)).toBe(true);
        }
      }
    });

    it.each(['\u0000', '\ud800'])('returns only what can be stored when the config holds %j', async (odd) => {
      const config = { notifications: contract?.notifications(`${secretUrl()}${odd}`) ?? {} };
      for (const decision of await decisionsOf(sampleNotice({ event: anEvent(), config }))) {
        expect(Number.isInteger(decision.element)).toBe(true);
        const {
          display,
          orderKey = '',
          destination = '',
        } = isTarget(decision) ? decision : { display: decision.silent };
        for (const text of [display, orderKey, destination]) {
          expect(text).toBe(text.replaceAll('\u0000', '').toWellFormed());
        }
      }
    });

    it('delivers what it is given, twice the same way, without changing it', async () => {
      const about = notice(anEvent());
      await expect(tell(about)).resolves.toMatchObject({ kind: 'delivered' });
      await expect(tell(about, { attempt: 2 })).resolves.toMatchObject({ kind: 'delivered' });
      expectNoSecret(inspect(sample.logged, { depth: 9 }));
    });

    it('uses only the notice it is given, also when two are delivered at once', async () => {
      const numbers = [771_001, 772_002];
      await Promise.all(numbers.map((buildId) => tell(notice(anEvent(), { buildId }))));
      const told = [
        ...receiver.received.map(({ body }) => body),
        ...sample.logged.map((line) => inspect(line, { depth: 9 })),
      ];
      if (contract === undefined) expect(told).toHaveLength(2);
      if (!overHttp) return;
      for (const buildId of numbers) expect(told.filter((text) => text.includes(String(buildId)))).toHaveLength(1);
    });

    if (contract !== undefined && !overHttp) {
      /** Tells somebody where no server of the protocol is. The operator's servers come from settings, all others from the config. */
      const tellAt = async (port: number, context: Partial<DeliverContext> = {}): Promise<DeliveryOutcome> => {
        const url = secretUrl(port);
        const broker = new Broker(url.replace(/^http/, 'amqp'));
        const own = sampleDeps<unknown>(settingsFor(url), { broker });
        const before = channel;
        channel = exported.default(own.deps);
        const outcome = await tellOrThrow(notice(anEvent(), {}, url), context);
        await channel.close?.();
        await Promise.all([own.close(), broker.close()]);
        channel = before;
        return outcome;
      };

      it.each(['nobody listens', 'the connection is cut'])('tries again when %s, and keeps no secret', async (what) => {
        const trap = await TcpTrap.start('cut');
        const { port } = trap;
        if (what === 'nobody listens') await trap.stop();
        const outcome = await tellAt(port);
        expect(outcome).toMatchObject({ kind: 'retry' });
        expectNoSecret(inspect(outcome, { depth: 9 }));
        if (what !== 'nobody listens') await trap.stop();
      });

      it('stops at once when its time is over, and tries again', async () => {
        const trap = await TcpTrap.start('silent');
        const controller = new AbortController();
        const telling = tellAt(trap.port, { signal: controller.signal });
        await trap.visited();
        controller.abort();
        const aborted = Date.now();
        const outcome = await telling;
        expect(outcome).toMatchObject({ kind: 'retry' });
        expect(Date.now() - aborted).toBeLessThan(2_000);
        expectNoSecret(inspect(outcome, { depth: 9 }));
        await trap.stop();
      });

      it('does not start when its time is over already', async () => {
        await expect(tellAt(1, { signal: AbortSignal.abort() })).resolves.toMatchObject({ kind: 'retry' });
      });
    }

    if (!overHttp) return;
    const { delivered = [], retried = [], rejected = [] } = contract.statuses ?? {};
    const usual = (statuses: readonly number[], ...others: (readonly number[])[]): number[] =>
      statuses.filter((status) => !others.flat().includes(status));

    const answering = async (answer: Answer): Promise<DeliveryOutcome> => {
      receiver.answer = () => answer;
      return tellOrThrow(notice(anEvent()));
    };

    it.each([...usual([200, 201, 202, 204], retried, rejected), ...delivered])(
      'counts status %i as delivered',
      async (status) => {
        await expect(answering({ ...contract.accepts, status })).resolves.toMatchObject({
          kind: 'delivered',
          code: status,
        });
      },
    );

    it.each([...usual([408, 425, 429, 500, 502, 503, 504], delivered, rejected), ...retried])(
      'tries again after status %i',
      async (status) => {
        await expect(answering({ status })).resolves.toMatchObject({ kind: 'retry', code: status });
      },
    );

    it.each([...usual([304, 400, 401, 403, 404, 405, 410, 413, 422], delivered, retried), ...rejected])(
      'gives up after status %i',
      async (status) => {
        await expect(answering({ status })).resolves.toMatchObject({ kind: 'rejected', code: status });
      },
    );

    it.each([429, 503])('waits as long as Retry-After says with status %i', async (status) => {
      const seconds = await answering({ status, headers: { 'Retry-After': '120' } });
      expect(seconds).toMatchObject({ kind: 'retry', afterMs: 120_000 });
      const date = new Date(Date.now() + 60_000).toUTCString();
      const until = await answering({ status, headers: { 'Retry-After': date } });
      expect(until).toMatchObject({ kind: 'retry' });
      expect((until as { afterMs?: number }).afterMs).toBeGreaterThan(50_000);
      expect((until as { afterMs?: number }).afterMs).toBeLessThanOrEqual(60_000);
    });

    it('tries again when the connection breaks', async () => {
      await expect(answering('cut')).resolves.toMatchObject({ kind: 'retry' });
    });

    it('stops at once when its time is over, and tries again', async () => {
      receiver.answer = () => 'never';
      const controller = new AbortController();
      const arrived = receiver.next();
      const telling = tellOrThrow(notice(anEvent()), { signal: controller.signal });
      await arrived;
      controller.abort();
      const aborted = Date.now();
      await expect(telling).resolves.toMatchObject({ kind: 'retry' });
      expect(Date.now() - aborted).toBeLessThan(2_000);
    });

    it('does not start when its time is over already', async () => {
      const outcome = await tellOrThrow(notice(anEvent()), { signal: AbortSignal.abort() });
      expect(outcome).toMatchObject({ kind: 'retry' });
      expect(receiver.received).toHaveLength(0);
    });

    it('sends the delivery id: the same for every attempt, another for another delivery', async () => {
      const about = notice(anEvent());
      for (const [deliveryId, attempt] of [
        [DELIVERY_ID, 1],
        [DELIVERY_ID, 2],
        [123_454_321, 1],
      ] as const) {
        await tell(about, { deliveryId, attempt });
      }
      const sent = receiver.received.map(({ headers, body }) =>
        wordsWith(JSON.stringify([headers, body]), /987654321|123454321/),
      );
      expect(sent.every((words) => words.length > 0)).toBe(true);
      expect(sent[1]).toEqual(sent[0]);
      expect(sent[2]).not.toEqual(sent[0]);
    });

    it.each([200, 400, 503])('keeps no secret when the receiver repeats the request with status %i', async (status) => {
      receiver.answer = ({ path, headers }) => ({
        status,
        body: `${headers.authorization ?? ''} ${path} ${secretUrl()} ${SECRETS.join(' ')}`,
      });
      expectNoSecret(inspect(await tellOrThrow(notice(anEvent())), { depth: 9 }));
      expect(receiver.received).toHaveLength(1);
    });

    it.each(['cut', 'never'] as const)('keeps no secret of a receiver that fails (%s)', async (answer) => {
      receiver.answer = () => answer;
      const controller = new AbortController();
      const arrived = receiver.next();
      const telling = tellOrThrow(notice(anEvent()), { signal: controller.signal });
      await arrived;
      controller.abort();
      expectNoSecret(inspect(await telling, { depth: 9 }));
    });

    // Where the operator, and not the config, says who is told, internal addresses are not refused.
    if (!inspect(contract.notifications('the receiver'), { depth: 9 }).includes('the receiver')) return;

    it('keeps nothing of a target that is encrypted, not even a path that looks like words', async () => {
      const url = receiver.url('/hooks/sesame-open');
      receiver.answer = ({ method, path }) => ({ status: 404, body: `Cannot ${method} ${path}` });
      const about = sampleNotice({
        event: anEvent(),
        config: { notifications: encrypted(contract.notifications(url), url) },
      });
      for (const { display, orderKey = '', destination = '' } of (await decisionsOf(about)).filter(isTarget)) {
        expect(`${display} ${orderKey} ${destination}`).not.toContain('sesame');
      }
      expect(inspect(await tellOrThrow(about), { depth: 9 })).not.toContain('sesame');
      expect(receiver.received).toHaveLength(1);
    });

    it('keeps no secret of a receiver that is refused', async () => {
      const refused = sampleNotice({
        event: anEvent(),
        config: { notifications: contract.notifications(secretUrl().replace('127.0.0.1', '10.0.0.1')) },
      });
      const outcome = await tellOrThrow(refused);
      expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('10.0.0.1') });
      expectNoSecret(inspect(outcome, { depth: 9 }));
    });
  });
}

/** A config in which the url is encrypted wherever it stands, with what may follow it. */
function encrypted(config: unknown, url: string): unknown {
  if (typeof config === 'string' && config.startsWith(url)) return { secure: config };
  if (typeof config !== 'object' || config === null) return config;
  if (Array.isArray(config)) return config.map((part) => encrypted(part, url));
  return Object.fromEntries(Object.entries(config).map(([name, part]) => [name, encrypted(part, url)]));
}

/** The words of a request that hold a delivery id, with whatever is glued to it. */
function wordsWith(text: string, id: RegExp): string[] {
  return text.split(/[\s",:=&\\]+/).filter((word) => id.test(word));
}

function expectNoSecret(text: string): void {
  const basic = Buffer.from(`${SECRETS[0]}:${SECRETS[1]}`).toString('base64');
  for (const secret of [...SECRETS, basic]) expect(text).not.toContain(secret);
}
