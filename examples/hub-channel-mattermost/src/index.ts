import {
  decideElements,
  displayUrl,
  kinds,
  listValues,
  nullable,
  outcomeOfPost,
  renderTemplate,
  secretsOfUrl,
  templateLines,
  templateVariables,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type SettingsOf,
} from 'hub/channel';

const KEYS = { section: ['mattermost'], targets: ['rooms', 'room'] };
const TEMPLATE = ['**%{repository_slug}** #%{build_number} %{message} [%{commit}](%{build_url})'];
const TIMEOUT_MS = 10_000;

interface Target {
  readonly url: string;
  readonly template: readonly string[];
}

export const variables = {
  username: nullable({
    name: 'MATTERMOST_USERNAME',
    kind: kinds.text,
    help: 'Who posts; Mattermost has to allow that incoming webhooks say so.',
    example: 'hub',
  }),
};

/**
 * Posts one message per build to the rooms (incoming webhooks) of `notifications.mattermost`:
 *
 *     notifications:
 *       mattermost:
 *         rooms: { secure: '…' }
 *         on_success: change
 *         template: '%{repository_slug} %{result}'
 */
export default function mattermost(deps: ChannelDeps<SettingsOf<typeof variables>>): Channel<Target> {
  const { settings, config, http, secrets } = deps;
  return {
    name: 'mattermost',
    events: ['build:finished', 'build:canceled'],
    timeoutMs: TIMEOUT_MS,

    async targets({ event, facts }) {
      const { wanted, silent } = decideElements(event, facts.build.config, KEYS);
      const found = await Promise.all(
        wanted.map(async ({ index: element, targets, settings: options }) => {
          const opened = listValues(await secrets.reveal(facts.repository.id, targets));
          const rooms = [...new Set(opened)].filter((room) => typeof room === 'string');
          if (rooms.length === 0 && targets !== undefined) return [{ element, silent: 'no room that can be read' }];
          return rooms.map((url) => ({
            element,
            key: url,
            display: displayUrl(url),
            destination: URL.canParse(url) ? new URL(url).host : 'not a url',
            target: { url, template: templateLines(options, TEMPLATE) },
          }));
        }),
      );
      return [...silent, ...found.flat()];
    },

    async deliver(notice, { url, template }, { deliveryId, signal }) {
      const values = templateVariables(notice, { webUrl: config.web.url });
      const text = template.map((line) => renderTemplate(line, values)).join('\n');
      const body = JSON.stringify({ text, ...(settings.username !== null && { username: settings.username }) });
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': String(deliveryId) };
      return outcomeOfPost(
        () => http.post(url, { headers, body, signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
      );
    },
  };
}

/** How the contract suite brings this channel to tell somebody. */
export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ mattermost: { rooms: [receiverUrl] } }),
};
