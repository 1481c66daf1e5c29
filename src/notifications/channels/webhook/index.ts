import { outcomeOfPost, secretsOfUrl, type Channel, type ChannelContract, type ChannelDeps } from '../../channel';
import { webhookPayload } from './payload';
import { signer, standardSigner } from './signatures';
import { webhookTargets, type WebhookTarget } from './targets';

const TIMEOUT_MS = 15_000;

/**
 * Calls the urls of `notifications.webhooks`, exactly as receivers know it from Travis CI (notifications.md §5): a form
 * with the field `payload`, signed in the header `Signature`. The Standard Webhooks headers come on top; they sign the
 * body as it is sent.
 *
 * @throws when a configured key cannot sign; Hub then does not start.
 */
export default function webhook({ config, http }: ChannelDeps): Channel<WebhookTarget> {
  const signature = signer(config.webhook.signingKey);
  const standardSignature = standardSigner(config.webhook.standardSecret);

  return {
    name: 'webhook',
    events: ['build:started', 'build:finished', 'build:canceled'],
    timeoutMs: TIMEOUT_MS,
    targets: (notice) => webhookTargets(notice, config.webhook.globalUrls),

    async deliver(notice, target, { deliveryId, signal }) {
      if (target.kind === 'skipped') return { kind: 'dropped', reason: target.reason };
      const json = JSON.stringify(webhookPayload(notice, config.web.url));
      const body = formBody(json);
      const headers = {
        'Content-Type': 'application/x-www-form-urlencoded',
        'User-Agent': 'Travis CI Notifications',
        'Travis-Repo-Slug': headerText(notice.facts.repository.slug),
        ...signature(json),
        ...standardSignature(`msg_${deliveryId}`, new Date(), body),
      };
      const { url } = target;
      return outcomeOfPost(
        () => http.post(url, { headers, body, signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
      );
    },
  };
}

export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ webhooks: { urls: [receiverUrl], on_start: 'always' } }),
};

/** A form with one field. URLSearchParams goes character by character; blanks are replaced in what is still short. */
function formBody(payload: string): string {
  return `payload=${payload.split(' ').map(encodeURIComponent).join('+')}`;
}

/** Headers carry printable ASCII; anything else a name may hold is written as in a url. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, (other) => encodeURIComponent(other.toWellFormed()));
}
