import { outcomeOfPost, secretsOfUrl, type Channel, type ChannelContract, type ChannelDeps } from '../../channel';
import { refusalOfChat } from './answer';
import { slackMessage } from './message';
import { slackTargets, type SlackTarget } from './targets';

const TIMEOUT_MS = 15_000;

/**
 * Writes to the rooms of `notifications.slack` (notifications.md §6): Slack's, and those of every server that takes its
 * messages.
 */
export default function slack({ config, http, secrets }: ChannelDeps): Channel<SlackTarget> {
  return {
    name: 'slack',
    events: ['build:finished'],
    timeoutMs: TIMEOUT_MS,
    targets: (notice) => slackTargets(notice, secrets),

    async deliver(notice, { room: { url, channel }, settings }, { deliveryId, signal }) {
      const body = JSON.stringify(slackMessage(notice, settings, channel, config.web.url));
      const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Idempotency-Key': String(deliveryId) };
      return outcomeOfPost(
        () => http.post(url, { headers, body, signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
        refusalOfChat,
      );
    },
  };
}

export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ slack: { rooms: [receiverUrl] } }),
};
