import {
  EVENT_NAMES,
  liveUpdate,
  NO_ELEMENT,
  outcomeOfPost,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type DeliveryOutcome,
  type SettingsOf,
} from '../../channel';
import { explain, worst } from './explain';
import { fit } from './fit';
import { liveChannels } from './rooms';
import { pusherApp, variables } from './settings';
import { signedUrl } from './sign';

export { variables };

const TIMEOUT_MS = 15_000;
/** Pages are read anew when people come back to them: what is older helps nobody. */
const STALE_MS = 10 * 60_000;

/**
 * Shows every change on the web at once, through a server of the Pusher protocol: what travis-live does, without Redis and
 * Sidekiq in between. In order for each repository: a page that is told of an older state last would go on showing it.
 */
export default ({ settings, http, directory }: ChannelDeps<SettingsOf<typeof variables>>): Channel<null> => {
  const app = pusherApp(settings);

  const trigger = async (event: object, data: string, key: string, signal: AbortSignal): Promise<DeliveryOutcome> => {
    const body = JSON.stringify({ ...event, data });
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    const outcome = await outcomeOfPost(
      () => http.trusted.post(signedUrl(app, body, new Date()), { headers, body, signal, timeoutMs: TIMEOUT_MS }),
      () => [app.secret],
    );
    return explain(outcome, Buffer.byteLength(data, 'utf8'));
  };

  return {
    name: 'pusher',
    events: EVENT_NAMES,
    timeoutMs: TIMEOUT_MS,
    retry: { firstPauseMs: 1_000, longestPauseMs: 15_000, attempts: 100, horizonMs: STALE_MS },
    strictOrder: true,

    targets: ({ facts }) => [
      {
        element: NO_ELEMENT,
        key: 'pusher',
        display: `live updates at ${app.origin}`,
        orderKey: String(facts.repository.id),
        destination: new URL(app.origin).host,
        target: null,
      },
    ],

    async deliver(notice, _target, { deliveryId, signal }) {
      if (Date.now() - Date.parse(notice.event.at) > STALE_MS) {
        return { kind: 'dropped', reason: 'it is more than ten minutes old: whoever looks now sees a newer state' };
      }
      const { repository } = notice.facts;
      const [details, users] = await Promise.all([directory.buildDetails(notice), directory.audience(repository.id)]);
      if (!details) return { kind: 'dropped', reason: 'the build no longer exists' };
      const { name, payload } = liveUpdate(notice, details);
      const data = fit(payload);
      const groups = liveChannels(repository, users, settings.secure);
      const send = (channels: readonly string[], nth: number): Promise<DeliveryOutcome> =>
        trigger({ name, channels }, data, `${deliveryId}/${nth}`, signal);
      return worst(await Promise.all(groups.map(send)));
    },
  };
};

export const contract: ChannelContract = {
  // Everybody who looks is told, whatever the config says.
  notifications: () => ({}),
  settings: (receiverUrl) => {
    const { hostname, port } = new URL(receiverUrl);
    const app = { appId: '4711', key: 'key', secret: 'hunter3password' };
    return { ...app, host: hostname, port: Number(port), scheme: 'http' };
  },
  statuses: { retried: [401, 403, 404] },
};
