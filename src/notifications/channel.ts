/**
 * The contract of a channel, and everything its author may use: a channel imports this file and nothing else of Hub.
 * How to write one: docs/channels.md.
 */
import type { DeliveryOutcome } from '../contracts/delivery';
import type { EventName, ToldEvent } from '../contracts/event';
import type { ChannelDeps } from './channel-deps';

export type { DeliveryOutcome } from '../contracts/delivery';
export { EVENT_NAMES } from '../contracts/event';
export type { EventName, JobSnapshot, ToldEvent } from '../contracts/event';
export type { ChannelConfig, ChannelDeps, ChannelLogger } from './channel-deps';
export { channelElements, type ConfigElement, type ConfigKeys } from './domain/channel-config';
export { isSecret, listValues, splitTexts, type Secret } from './domain/config-values';
export { publicConfig } from './domain/public-config';
export { displayUrl, redact, secretsOfUrl } from '../http/redact';
export { resultMessage, type ResultMessage } from './domain/result-message';
export { renderTemplate, templateLines, templateVariables, type TemplateVariables } from './domain/template';
export { decideSend, USUAL_FREQUENCIES, type FrequencyDefaults, type SendDecision } from './domain/when-to-send';
export { momentOf, wantedElements } from './domain/wanted-elements';
export { outcomeOfPost } from './http-outcome';

/** Rows that never change once a build exists, joined when a notice is planned and again when it is sent. */
export interface NoticeFacts {
  readonly repository: {
    readonly id: number;
    readonly github_id: number | null;
    readonly vcs_id: string | null;
    readonly vcs_type: string | null;
    /** `owner_name/name`. */
    readonly slug: string;
    readonly vcs_slug: string | null;
    readonly name: string | null;
    readonly owner_name: string | null;
    readonly owner_type: string | null;
    readonly owner_id: number | null;
    readonly url: string | null;
    readonly private: boolean;
    readonly default_branch: string | null;
  };
  readonly build: {
    readonly id: number;
    readonly number: string | null;
    readonly event_type: string | null;
    readonly branch: string | null;
    readonly commit_id: number | null;
    readonly pull_request_number: number | null;
    readonly pull_request_title: string | null;
    /** The build's whole config; `notifications` inside it may hold `{ secure: … }` values. */
    readonly config: Readonly<Record<string, unknown>>;
  };
  readonly commit: {
    readonly id: number;
    readonly sha: string | null;
    readonly branch: string | null;
    readonly message: string | null;
    readonly compare_url: string | null;
    readonly committed_at: string | null;
    readonly author_name: string | null;
    readonly author_email: string | null;
    readonly committer_name: string | null;
    readonly committer_email: string | null;
  } | null;
  readonly request: { readonly head_commit: string | null; readonly base_commit: string | null } | null;
  readonly tag: { readonly name: string | null } | null;
  /** Per job id: what the snapshot does not hold. */
  readonly jobs: ReadonlyMap<number, { readonly config: Readonly<Record<string, unknown>> }>;
}

/** What a channel works with: the event as decided, and the rows that never change. */
export interface Notice {
  readonly event: ToldEvent;
  readonly facts: NoticeFacts;
}

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
  /** Deliveries with the same order key keep their order, except that a retry does not hold up what comes after. */
  readonly orderKey?: string;
  readonly target: T;
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
  /** Stored with each delivery; never rename one that has been released. */
  readonly name: string;
  readonly events: readonly EventName[];
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Pure: who is to be told of this notice. An empty list means nobody. */
  targets(notice: Notice): readonly ChannelTarget<T>[];
  /** Tells one target. Never loops, sleeps or counts: a thrown error means retry. */
  deliver(notice: Notice, target: T, context: DeliverContext): Promise<DeliveryOutcome>;
}

/**
 * What a channel file exports as `default`. Called once at boot; it throws when the channel cannot work as Hub is
 * configured, and Hub then refuses to start with that message.
 */
export type ChannelFactory<T = unknown> = (deps: ChannelDeps) => Channel<T>;

/**
 * What a channel file may export as `contract`: how the contract suite brings the channel to tell somebody. Without it
 * the suite expects a channel that tells of every event, whatever the config, and reaches nobody over HTTP.
 */
export interface ChannelContract {
  /** The `notifications` section of a build that makes the channel tell the receiver at this url. */
  notifications(receiverUrl: string): unknown;
}
