/**
 * The contract of a channel, and everything its author may use: a channel imports this file and nothing else of Hub.
 * How to write one: docs/channels.md.
 */
import type { OwnVariables } from '../config/variable';
import type { DeliveryOutcome, RetryPolicy } from '../contracts/delivery';
import type { EventName } from '../contracts/event';
import type { ChannelDeps } from './channel-deps';
import type { Notice } from './notice';

export * as kinds from '../config/kinds';
export { nullable, optional, type OptionalVariable, type OwnVariables, type SettingsOf } from '../config/variable';
export type { DeliveryOutcome, RetryPolicy } from '../contracts/delivery';
export { EVENT_NAMES } from '../contracts/event';
export type {
  BuildSnapshot,
  EventName,
  EventSnapshot,
  JobSnapshot,
  RepositorySnapshot,
  StageSnapshot,
  ToldEvent,
} from '../contracts/event';
export type * from './channel-deps';
export { MOST_READ } from './domain/bounds';
export { channelElements, type ConfigElement, type ConfigKeys } from './domain/channel-config';
export {
  isSecret,
  listValues,
  readParts,
  splitTexts,
  textValues,
  type NamedPart,
  type Secret,
} from './domain/config-values';
export { markup, Markup } from './domain/markup';
export { publicConfig } from './domain/public-config';
export { isPullRequest, wantsPullRequests } from './domain/pull-requests';
export type { HttpResponse } from '../http/guarded-http';
export { RequestFailed, RequestRefused } from '../http/errors';
export { displayUrl, redact, secretsOfUrl } from '../http/redact';
export { readRetryAfter } from '../http/retry-after';
export { resultMessage, type ResultMessage } from './domain/result-message';
export type { Refusal } from './domain/refusal';
export { shortText } from './domain/short-text';
export { renderTemplate, templateLines, templateVariables, type TemplateVariables } from './domain/template';
export { refusalOfTeams } from './domain/teams-answer';
export { teamsCard } from './domain/teams-card';
export { webhookUrls, type ContentType } from './domain/webhook-urls';
export { decideSend, USUAL_FREQUENCIES, type FrequencyDefaults, type SendDecision } from './domain/when-to-send';
export { decideElements, momentOf, wantedElements, type ElementDecisions } from './domain/wanted-elements';
export { liveUpdate, type LiveUpdate } from './handover/live-payload';
export { outcomeOfFailure, outcomeOfPost, outcomeOfResponse } from './http-outcome';
export type { Notice, NoticeFacts } from './notice';
export { revealElements, type RevealedElement } from './reveal-elements';
export { decisionsOfElement, urlTarget } from './url-target';

/** The element of targets that do not come from the build's config, such as urls that the operator set. */
export const NO_ELEMENT = -1;

/** Somebody who should be told, as the channel found it in config and data. */
export interface ChannelTarget<T> {
  /** Index into the channel's config list, or {@link NO_ELEMENT}; part of what makes a delivery unique. */
  readonly element: number;
  /** Hashed into the delivery's fingerprint: the same text means the same target. Never stored. */
  readonly key: string;
  /** Stored and shown to operators: must hold no secret. */
  readonly display: string;
  /** Deliveries with the same order key keep their order; a retry holds up those after it only in {@link Channel.strictOrder}. */
  readonly orderKey?: string;
  /**
   * Where it goes over the network, e.g. `hooks.example.org` or `irc.libera.chat:6697`: one that keeps failing is slowed
   * down and never holds up others. The channel's name unless given. Stored: must hold no secret.
   */
  readonly destination?: string;
  readonly target: T;
}

/** An entry of the config that wants nothing of this event, or that cannot be told: shown to people who ask why. */
export interface SilentElement {
  /** As in {@link ChannelTarget}. */
  readonly element: number;
  /** Without secrets, e.g. `on_success is never`. */
  readonly silent: string;
}

export type TargetDecision<T> = ChannelTarget<T> | SilentElement;

/** Somebody who is told, and not an entry that hears nothing. */
export function isTarget<T>(decision: TargetDecision<T>): decision is ChannelTarget<T> {
  return !('silent' in decision);
}

/** What a channel is given besides notice and target. */
export interface DeliverContext {
  /** Stable over all attempts: send it along so that receivers can recognise a repeat. */
  readonly deliveryId: number;
  readonly attempt: number;
  /** Aborts when the attempt's time is over or Hub stops. */
  readonly signal: AbortSignal;
}

/** One way of telling people. One file or one folder under `channels/` exports a {@link ChannelFactory} of these. */
export interface Channel<T = unknown> {
  /** That of its file or folder. Stored with each delivery; never rename one that has been released. */
  readonly name: string;
  readonly events: readonly EventName[];
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long and how often a delivery is tried; about nine hours unless given. */
  readonly retry?: Partial<RetryPolicy>;
  /**
   * Of deliveries with one order key only the newest counts: older ones that were not made yet are superseded, and two
   * are never on their way at once. Every target then needs an order key.
   */
  readonly latestOnly?: boolean;
  /**
   * Deliveries with one order key are made strictly one after the other: one that is tried again holds up those after it,
   * until it is made or given up. For receivers that must not hear of an older state last, and want every event.
   */
  readonly strictOrder?: boolean;
  /**
   * Who is to be told of this notice: pure, or read from `deps` (then a promise), and the same answer whenever it is
   * asked. An empty list means that nobody asked for anything. It is asked again for each attempt, and what it no longer
   * names is dropped.
   */
  targets(notice: Notice): readonly TargetDecision<T>[] | Promise<readonly TargetDecision<T>[]>;
  /** Tells one target. Never loops, sleeps or counts: a thrown error means retry. */
  deliver(notice: Notice, target: T, context: DeliverContext): Promise<DeliveryOutcome>;
  /** Frees connections when Hub stops; no delivery is under way by then. */
  close?(): Promise<void>;
}

/**
 * What a channel file exports as `default`. Called once at boot, whatever the channel's mode, so it connects to nothing
 * yet. It throws when the channel cannot work as Hub is configured; if the channel is to deliver, Hub then refuses to
 * start with that message.
 *
 * @typeParam S the values of the `variables` that the file exports
 */
export type ChannelFactory<T = unknown, S = unknown> = (deps: ChannelDeps<S>) => Channel<T>;

/**
 * What a channel file may export as `variables`: environment variables of its own, made with {@link optional} and
 * {@link nullable}. They are parsed at boot together with all others and handed to the factory as `deps.settings`.
 */
export type ChannelVariables = OwnVariables;

/**
 * What a channel file may export as `contract`: how the contract suite brings the channel to tell somebody. Without it
 * the suite expects a channel that tells of every event, whatever the config, and reaches nobody over HTTP.
 */
export interface ChannelContract {
  /**
   * The `notifications` section of a build that makes the channel tell the receiver at this url; without the url when the
   * channel's settings say where it is, whatever the config holds.
   */
  notifications(receiverUrl: string): unknown;
  /** Settings that the suite makes the channel with, instead of what holds when nothing is set. */
  settings?(receiverUrl: string): Readonly<Record<string, unknown>>;
  /** What the receiver answers when all is well; status 200 and no body unless given. */
  readonly accepts?: {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Statuses that this service gives another meaning than HTTP does. */
  readonly statuses?: {
    readonly delivered?: readonly number[];
    readonly retried?: readonly number[];
    readonly rejected?: readonly number[];
  };
  /** False for channels that speak another protocol: the suite then leaves out what it asks over HTTP. */
  readonly http?: boolean;
}
