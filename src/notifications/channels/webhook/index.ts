import {
  kinds,
  optional,
  outcomeOfPost,
  refusalOfTeams,
  secretsOfUrl,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type SettingsOf,
} from '../../channel';
import { requestMaker } from './request';
import { webhookTargets, type WebhookTarget } from './targets';

const TIMEOUT_MS = 15_000;

export const variables = {
  contentType: optional(
    {
      name: 'HUB_WEBHOOK_CONTENT_TYPE',
      kind: kinds.oneOf(['form', 'json']),
      help: 'How webhooks are sent whose config has no `content_type`: form, as Travis CI does, or json.',
      example: 'json',
    },
    'form',
  ),
};

/**
 * Calls the urls of `notifications.webhooks`, exactly as receivers know it from Travis CI (notifications.md §5): a form
 * with the field `payload`, signed in the header `Signature`. The Standard Webhooks headers come on top; they sign the
 * body as it is sent. Whoever asks for JSON gets the payload as the body, whoever asks for Microsoft Teams a card.
 *
 * @throws when a configured key cannot sign; Hub then does not start.
 */
export default function webhook({
  config,
  http,
  secrets,
  settings,
}: ChannelDeps<SettingsOf<typeof variables>>): Channel<WebhookTarget> {
  const request = requestMaker(config);
  const options = { globalUrls: config.webhook.globalUrls, contentType: settings.contentType };

  return {
    name: 'webhook',
    events: ['build:started', 'build:finished', 'build:canceled'],
    timeoutMs: TIMEOUT_MS,
    targets: (notice) => webhookTargets(notice, secrets, options),

    async deliver(notice, { url, body }, { deliveryId, signal }) {
      return outcomeOfPost(
        async () => http.post(url, { ...request(notice, body, `msg_${deliveryId}`), signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
        body === 'card' ? refusalOfTeams : undefined,
      );
    },
  };
}

export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ webhooks: { urls: [receiverUrl], on_start: 'always' } }),
};
