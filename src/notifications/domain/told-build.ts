import type { ToldEvent } from '../../contracts/event';

/** The part of a notice that is put into words for people. */
export interface ToldBuild {
  readonly event: ToldEvent;
  readonly facts: {
    readonly repository: { readonly slug: string; readonly name: string | null; readonly url: string | null };
    readonly build: {
      readonly event_type: string | null;
      readonly branch: string | null;
      readonly pull_request_number: number | null;
    };
    readonly commit: Readonly<
      Record<'sha' | 'branch' | 'message' | 'author_name' | 'compare_url', string | null>
    > | null;
  };
}
