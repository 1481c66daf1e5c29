import {
  decideElements,
  isPullRequest,
  isSecret,
  listValues,
  MOST_READ,
  splitTexts,
  USUAL_FREQUENCIES,
  type ChannelDeps,
  type ChannelTarget,
  type ConfigElement,
  type Notice,
  type Secret,
  type SilentElement,
  type TargetDecision,
} from '../../channel';
import { addressKey, whyNotMailed } from './addresses';
import type { Recipient } from './content';

/** Somebody to mail. */
export interface MailTarget {
  readonly address: string;
  /** The config holds the address encrypted: it is shown to nobody. */
  readonly secret: boolean;
  readonly recipient: Recipient;
}

interface Found extends MailTarget {
  readonly element: number;
}

type Readers = Pick<ChannelDeps, 'directory' | 'secrets'>;

const KEYS = { section: ['email', 'emails'], targets: ['recipients', 'recipient'], unasked: true };
/** For one build. Whoever may write a config could have Hub write to anybody. */
const MOST_RECIPIENTS = 100;
const NO_MEMBERS = 'no recipients are named, and neither author nor committer is a member with their address';
/** Kept of why somebody is not mailed. */
const MOST_REASONS = 20;
const FREQUENCIES = { ...USUAL_FREQUENCIES, on_success: 'change' } as const;

/**
 * Who is mailed about a build (notifications.md §4): whom the config names, else its author and committer as far as they
 * are members, never those who unsubscribed. One mail for each address, also when several entries name it.
 *
 * Never about pull requests, and not when a newer build made this one pointless.
 *
 * @param place the mail server: where all mails go.
 */
export async function mailTargets(
  notice: Notice,
  readers: Readers,
  place: string,
): Promise<readonly TargetDecision<MailTarget>[]> {
  const { event, facts } = notice;
  if (isPullRequest(facts)) return [{ element: 0, silent: 'builds of pull requests are never mailed about' }];
  if (event.snapshot.cause.auto) {
    return [{ element: 0, silent: 'it was canceled because a newer build made it pointless' }];
  }
  const { wanted, silent } = decideElements(event, facts.build.config, KEYS, FREQUENCIES);
  const [mailable, unmailable] = sorted(await find(wanted, notice, readers));
  const wanting = await readers.directory.withoutUnsubscribed(
    facts.repository.id,
    mailable.map(({ address }) => address),
  );
  const keys = new Set(wanting.map(addressKey));
  const wants = ({ address }: Found): boolean => keys.has(addressKey(address));
  const unsubscribed = mailable.filter((one) => !wants(one));
  return [
    ...shortened([
      ...silent,
      ...unmailable,
      ...unsubscribed.map((one) => silence(one, 'unsubscribed, or wants no mail about builds')),
    ]),
    ...mailable.filter(wants).map((one) => toTarget(one, place)),
  ];
}

function shortened(reasons: readonly SilentElement[]): readonly SilentElement[] {
  const next = reasons[MOST_REASONS];
  if (!next) return reasons;
  const others = { element: next.element, silent: `and ${reasons.length - MOST_REASONS} more are not mailed` };
  return [...reasons.slice(0, MOST_REASONS), others];
}

/** Whom the entries of the config mean, whether or not they can be mailed. */
async function find(
  wanted: readonly ConfigElement[],
  { facts }: Notice,
  { directory, secrets }: Readers,
): Promise<(Found | SilentElement)[]> {
  const named = wanted.map(({ targets }) => listValues(targets));
  const plain = await secrets.reveal<readonly (readonly (string | Secret | null)[])[]>(facts.repository.id, named);
  const members = named.every((list) => list.length > 0) ? [] : await directory.defaultRecipients(facts);
  return wanted.flatMap(({ index: element }, position): (Found | SilentElement)[] => {
    const list = named[position] ?? [];
    if (list.length > 0) {
      const parts = plain[position] ?? [];
      return parts.flatMap((value, at) => readNamed(value, isSecret(list[at]), element)).slice(0, MOST_READ);
    }
    if (members.length > 0) return members.map((address) => ({ element, address, secret: false, recipient: 'author' }));
    return [{ element, silent: NO_MEMBERS }];
  });
}

function readNamed(value: string | Secret | null, secret: boolean, element: number): (Found | SilentElement)[] {
  if (typeof value === 'string') {
    return splitTexts(value).map((address) => ({ element, address, secret, recipient: 'named' }));
  }
  return [
    { element, silent: 'a recipient is encrypted and cannot be decrypted (by a fork, or without ENCRYPTION_KEY)' },
  ];
}

/** Those who can be mailed, each address once, and why the others are not. */
function sorted(all: readonly (Found | SilentElement)[]): [readonly Found[], readonly SilentElement[]] {
  const mailable = new Map<string, Found>();
  const silent: SilentElement[] = [];
  for (const one of all) {
    const reason = 'silent' in one ? null : whyNotMailed(one.address);
    if ('silent' in one) silent.push(one);
    else if (reason !== null) silent.push(silence(one, reason));
    else if (!mailable.has(addressKey(one.address))) mailable.set(addressKey(one.address), one);
  }
  const [next] = [...mailable.values()].slice(MOST_RECIPIENTS);
  if (next) {
    const others = mailable.size - MOST_RECIPIENTS;
    silent.push({
      element: next.element,
      silent: `${others} more recipients: only the first ${MOST_RECIPIENTS} are mailed`,
    });
  }
  return [[...mailable.values()].slice(0, MOST_RECIPIENTS), silent];
}

function toTarget(one: Found, place: string): ChannelTarget<MailTarget> {
  const { element, ...target } = one;
  return { element, key: addressKey(one.address), display: shown(one), destination: place, target };
}

function silence(one: Found, reason: string): SilentElement {
  return { element: one.element, silent: `${shown(one)}: ${reason}` };
}

function shown({ address, secret }: MailTarget): string {
  return secret ? '(encrypted recipient)' : address;
}
