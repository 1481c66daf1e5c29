import { constants, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { AddressGuard, GuardedSockets } from '../../src/http';
import { fallbacksOf } from '../../src/config';
import {
  isTarget,
  type Channel,
  type ChannelTarget,
  type DeliveryOutcome,
  type Notice,
  type SettingsOf,
} from '../../src/notifications/channel';
import irc, { variables } from '../../src/notifications/channels/irc';
import { LIMITS, type Limits } from '../../src/notifications/channels/irc/server';
import type { IrcTarget } from '../../src/notifications/channels/irc/targets';
import { decryptSecrets } from '../../src/notifications/secrets/encrypted-value';
import { sampleDeps, type SampleDeps } from '../contract/sample-deps';
import { sampleNotice, type Sample } from '../contract/sample-notice';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A value as people encrypt it with their repository's public key. */
export function secure(text: string): { secure: string } {
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
  return { secure: publicEncrypt(key, Buffer.from(text)).toString('base64') };
}

/** As patient as Hub, but fast where a test would only wait. */
export const FAST: Limits = { ...LIMITS, lineMs: 0, nickservMs: 200 };

/** The channel `irc` on real sockets, which may reach this machine. */
export class IrcScene {
  readonly channel: Channel<IrcTarget>;
  private readonly sample: SampleDeps<SettingsOf<typeof variables>>;

  constructor(limits: Limits = FAST, allowed: readonly string[] = ['127.0.0.1', 'localhost']) {
    this.sample = sampleDeps(fallbacksOf(variables), {
      sockets: new GuardedSockets(new AddressGuard(allowed)),
      secrets: { reveal: async <V>(_id: number, value: V) => decryptSecrets(value, PRIVATE_KEY) as V },
    });
    this.channel = irc(this.sample.deps, limits);
  }

  /** A notice of a build whose config has this section `irc`. */
  notice(section: unknown, sample: Sample = {}): Notice {
    return sampleNotice({ ...sample, config: { notifications: { irc: section } } });
  }

  async targets(notice: Notice): Promise<ChannelTarget<IrcTarget>[]> {
    return (await this.channel.targets(notice)).filter(isTarget);
  }

  /** Tells all targets of one build at once. */
  async tell(section: unknown, sample: Sample = {}, signal?: AbortSignal): Promise<DeliveryOutcome[]> {
    return this.tellAll(this.notice(section, sample), signal);
  }

  async tellAll(notice: Notice, signal = new AbortController().signal): Promise<DeliveryOutcome[]> {
    const targets = await this.targets(notice);
    return Promise.all(
      targets.map(({ target }) => this.channel.deliver(notice, target, { deliveryId: 42, attempt: 1, signal })),
    );
  }

  async close(): Promise<void> {
    await this.channel.close?.();
    await this.sample.close();
    expect(this.sample.logged).toEqual([]);
  }
}
