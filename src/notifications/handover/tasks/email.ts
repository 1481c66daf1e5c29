import { listValues, textValues, USUAL_FREQUENCIES, wantedElements, type ConfigElement } from '../../channel';
import { isPullRequest } from '../../domain/pull-requests';
import type { HandoverDeps } from '../deps';
import { readBroadcasts, readDefaultRecipients, withoutUnsubscribed } from '../facts/mail-readers';
import type { Handover, Silence } from '../handover';
import { buildTask, taskTarget } from './build-task';
import { NOTHING_READABLE } from './chat';

const KEYS = { section: ['email', 'emails'], targets: ['recipients', 'recipient'] };
const FREQUENCIES = { ...USUAL_FREQUENCIES, on_success: 'change' } as const;
const NOBODY: Silence = { kind: 'dropped', reason: 'nobody is left to mail: no address is known, or all unsubscribed' };

/**
 * Mail (notifications.md §4): never about pull requests, and not when a newer build made this one pointless. Who gets it
 * is looked up when it is handed over, so that nobody is mailed who unsubscribed meanwhile.
 */
export function email(deps: HandoverDeps): Handover<ConfigElement> {
  const { statements, secrets } = deps;
  return {
    name: 'email',
    events: ['build:finished', 'build:canceled'],
    targets(notice) {
      const { event, facts } = notice;
      if (isPullRequest(facts) || event.snapshot.cause.auto) return [];
      return wantedElements(event, facts.build.config, KEYS, FREQUENCIES).map((element) =>
        taskTarget('email', notice, element.index, element),
      );
    },
    async job(notice, { targets }) {
      const { facts } = notice;
      const named = listValues(targets).length > 0;
      const found = named
        ? textValues(await secrets.reveal(facts.repository.id, targets))
        : await readDefaultRecipients(statements, facts);
      if (named && found.length === 0) return NOTHING_READABLE;
      const recipients = await withoutUnsubscribed(statements, facts.repository.id, found);
      if (recipients.length === 0) return NOBODY;
      const broadcasts = await readBroadcasts(statements, facts);
      return buildTask('email', deps, notice, () => ({ recipients, broadcasts }));
    },
  };
}
