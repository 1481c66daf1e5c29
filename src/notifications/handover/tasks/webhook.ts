import { decideSend, momentOf, NO_ELEMENT, teamsCard, wantedElements } from '../../channel';
import { holdsSecret } from '../../domain/config-values';
import { webhookUrls, type WebhookUrl } from '../../domain/webhook-urls';
import type { HandoverDeps } from '../deps';
import type { Handover } from '../handover';
import { buildTask, taskTarget } from './build-task';
import { NOTHING_READABLE } from './chat';

const KEYS = { section: ['webhooks', 'webhook'], targets: ['urls', 'url'] };

/**
 * Webhooks (notifications.md §5): one task for each entry of the config that wants the event, and one for the urls of
 * the operator, who is told once, as when Hub calls them itself.
 */
export function webhook(deps: HandoverDeps): Handover {
  const { config, secrets } = deps;
  const operators = config.webhook.globalUrls.map((url) => ({ url, msteams: false }));

  return {
    name: 'webhook',
    events: ['build:started', 'build:finished', 'build:canceled'],
    targets(notice) {
      const { event, facts } = notice;
      const wanted = wantedElements(event, facts.build.config, KEYS);
      const telling = wanted.filter(({ targets }) => holdsSecret(targets) || webhookUrls(targets).length > 0);
      const global = operators.length > 0 && (wanted.length > 0 || decideSend(momentOf(event), {}).send);
      return [
        ...telling.map(({ index, targets }) => taskTarget('webhook', notice, index, targets)),
        ...(global ? [taskTarget('webhook', notice, NO_ELEMENT, OPERATORS)] : []),
      ];
    },
    async job(notice, target) {
      const urls =
        target === OPERATORS ? operators : webhookUrls(await secrets.reveal(notice.facts.repository.id, target));
      if (urls.length === 0) return NOTHING_READABLE;
      return buildTask('webhook', deps, notice, ({ request_token }) => ({
        targets: urls.map(({ url }) => url),
        token: request_token,
        ...teams(urls, () => teamsCard(notice, config.web.url)),
      }));
    },
  };
}

/** Stands for the operator's urls. */
const OPERATORS = Symbol('OPERATORS');

/** Which of the urls take cards of Microsoft Teams, and the card when there is one to take it. */
function teams(urls: readonly WebhookUrl[], card: () => object): { msteams: object; msteams_payload: object | null } {
  const known = urls.flatMap(({ url, msteams }) => (msteams === undefined ? [] : [[url, msteams] as const]));
  return { msteams: Object.fromEntries(known), msteams_payload: urls.some((one) => one.msteams) ? card() : null };
}
