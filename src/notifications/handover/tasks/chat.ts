import {
  listValues,
  textValues,
  wantedElements,
  type ConfigElement,
  type ConfigKeys,
  type Notice,
} from '../../channel';
import { isPullRequest, wantsPullRequests } from '../../domain/pull-requests';
import type { HandoverDeps } from '../deps';
import type { Handover, Silence } from '../handover';
import { buildTask, taskTarget } from './build-task';
import type { TaskName } from './task';

/** Also the fork of a repository ends here, whose secrets were encrypted with another key: it shall stay silent. */
export const NOTHING_READABLE: Silence = {
  kind: 'dropped',
  reason:
    'What the config names is missing, or encrypted and cannot be decrypted (by a fork, or without ENCRYPTION_KEY).',
};

/** How one chat service differs from the others. */
export interface Chat {
  readonly name: TaskName;
  readonly keys: ConfigKeys;
  /** Whether it is told of pull requests: never, or unless the config says `on_pull_requests: false`. */
  readonly pullRequests: 'never' | 'unless-off';
  /**
   * The task's parameters, of texts that are decrypted by now.
   *
   * @returns null when a part is missing without which nobody can be told
   */
  readonly params: (targets: readonly string[], settings: Readonly<Record<string, unknown>>) => object | null;
}

/**
 * A chat service: told when a build ends, once for each entry of its section that wants it and names a target
 * (notifications.md §1, §6–§11).
 */
export function chat({ name, keys, pullRequests, params }: Chat, deps: HandoverDeps): Handover<ConfigElement> {
  const wants = (notice: Notice, { settings, targets }: ConfigElement) =>
    listValues(targets).length > 0 &&
    (!isPullRequest(notice.facts) || (pullRequests === 'unless-off' && wantsPullRequests(settings)));

  return {
    name,
    events: ['build:finished'],
    targets: (notice) =>
      wantedElements(notice.event, notice.facts.build.config, keys)
        .filter((element) => wants(notice, element))
        .map((element) => taskTarget(name, notice, element.index, element)),
    async job(notice, element) {
      const { targets, settings } = await deps.secrets.reveal(notice.facts.repository.id, element);
      const readable = textValues(targets);
      const found = readable.length > 0 ? params(readable, settings) : null;
      return found === null ? NOTHING_READABLE : buildTask(name, deps, notice, () => found);
    },
  };
}
