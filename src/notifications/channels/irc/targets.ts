import { createHash } from 'node:crypto';
import {
  decideElements,
  isPullRequest,
  isSecret,
  listValues,
  MOST_READ,
  templateLines,
  type ChannelDeps,
  type ChannelTarget,
  type ConfigElement,
  type Notice,
  type TargetDecision,
} from '../../channel';
import { readAddresses, type IrcAddress } from './address';
import { readOptions, type IrcOptions, type OptionDefaults } from './options';
import type { IrcServer } from './server';

/** One channel of one server, with everything that the entry of the config says about it. */
export interface IrcTarget {
  readonly server: IrcServer;
  readonly channel: string;
  readonly key: string | null;
  readonly join: boolean;
  readonly notice: boolean;
  readonly templates: readonly string[];
  /** What must not turn up in anything that is kept or shown. */
  readonly secrets: readonly string[];
}

type Decision = TargetDecision<IrcTarget>;

const KEYS = { section: ['irc'], targets: ['channels', 'channel'] } as const;
const DEFAULT_TEMPLATES = [
  '%{repository}#%{build_number} (%{branch} - %{commit} : %{author}): %{message}',
  'Change view : %{compare_url}',
  'Build details : %{build_url}',
];

/**
 * Who is to be told, and which entries of `notifications.irc` stay silent: every channel of every entry that wants to
 * hear of the build is a target of its own, so that a retry repeats nothing elsewhere.
 */
export async function ircTargets(
  notice: Notice,
  defaults: OptionDefaults,
  secrets: ChannelDeps['secrets'],
): Promise<Decision[]> {
  const { build, repository } = notice.facts;
  const { wanted, silent } = decideElements(notice.event, build.config, KEYS);
  const naming = wanted.filter(({ targets }) => listValues(targets).length > 0);
  if (isPullRequest(notice.facts)) {
    return [...silent, ...naming.map(({ index }) => ({ element: index, silent: 'IRC is not told of pull requests' }))];
  }
  // Targets and options together: options may be encrypted as well.
  const revealed = await secrets.reveal(repository.id, naming);
  const decided = naming.flatMap((element, position): Decision[] => {
    const { settings, targets } = revealed[position] ?? element;
    const options = readOptions(settings, element.settings, defaults);
    if ('unusable' in options) return [{ element: element.index, silent: options.unusable }];
    return targetsOf(element, targets, options, templateLines(settings, DEFAULT_TEMPLATES));
  });
  return [...silent, ...decided];
}

/** A channel that one entry names twice is told once. */
function targetsOf(
  element: ConfigElement,
  revealed: unknown,
  options: IrcOptions,
  templates: readonly string[],
): Decision[] {
  const written = listOf(element.targets);
  const decide = (value: unknown, position: number): Decision[] => {
    const cipher = cipherOf(written[position]);
    if (typeof value !== 'string') {
      return cipher === null ? [] : [silence(element, 'a channel is encrypted and cannot be decrypted')];
    }
    return readAddresses(value).map((address, index) =>
      'unreadable' in address
        ? silence(element, address.unreadable)
        : targetOf(element.index, address, cipher === null ? null : `${cipher} ${index}`, options, templates),
    );
  };
  const decisions: Decision[] = [];
  for (const [position, value] of listOf(revealed).entries()) {
    decisions.push(...decide(value, position));
    if (decisions.length >= MOST_READ) break;
  }
  const keyOf = (decision: Decision) => ('silent' in decision ? decision.silent : decision.key);
  return [...new Map(decisions.slice(0, MOST_READ).map((decision) => [keyOf(decision), decision])).values()];
}

/** @param cipher where the address is encrypted: then nothing of it is shown or stored. */
function targetOf(
  element: number,
  { host, port, tls, channel, key: ownKey }: IrcAddress,
  cipher: string | null,
  options: IrcOptions,
  templates: readonly string[],
): ChannelTarget<IrcTarget> {
  const { nick, password, nickservPassword, verify, join, notice, channelKey } = options;
  const key = ownKey ?? channelKey;
  const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const url = `${tls ? 'ircs' : 'irc'}://${server}/${channel}`;
  const hidden = [password, nickservPassword, key, ...(cipher === null ? [] : [host, channel])];
  return {
    element,
    key: cipher === null ? url : `secure:${cipher}`,
    display: cipher === null ? url : '(encrypted channel)',
    orderKey: fingerprint(cipher ?? url),
    destination: cipher === null ? server : `irc-${fingerprint(cipher)}`,
    target: {
      server: { host, port, tls, verify, nick, password, nickservPassword },
      channel,
      key,
      join,
      notice,
      templates,
      secrets: hidden.filter((secret) => secret !== null),
    },
  };
}

const silence = ({ index }: ConfigElement, reason: string): Decision => ({ element: index, silent: reason });

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_READ) : [value];
}

function cipherOf(value: unknown): string | null {
  return isSecret(value) ? value.secure : null;
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
