import type { ToldEvent } from '../contracts/event';

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
