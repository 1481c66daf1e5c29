import {
  decisionsOfElement,
  kinds,
  nullable,
  outcomeOfPost,
  readParts,
  renderTemplate,
  revealElements,
  secretsOfUrl,
  templateLines,
  templateVariables,
  textValues,
  urlTarget,
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

    async targets(notice) {
      const { wanted, silent } = await revealElements(notice, KEYS, secrets);
      const telling = wanted.flatMap(({ index: element, settings: options, named }) => {
        const { found, reasons } = readParts(named, textValues);
        const template = templateLines(options, TEMPLATE);
        const rooms = found.map(({ target: url, encrypted }) =>
          urlTarget(notice, { element, url, hidden: encrypted && 'encrypted', target: { url, template } }),
        );
        return decisionsOfElement(element, rooms, reasons);
      });
      return [...silent, ...telling];
    },

    async deliver(notice, { url, template }, { deliveryId, signal }) {
      const values = templateVariables(notice, { webUrl: config.web.url });
      const text = template.map((line) => renderTemplate(line, values, escape)).join('\n');
      const body = JSON.stringify({ text, ...(settings.username !== null && { username: settings.username }) });
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': String(deliveryId) };
      return outcomeOfPost(
        () => http.post(url, { headers, body, signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
      );
    },
  };
}

/** Whoever writes a commit writes some of the values: they call nobody (`@all`), and are shown as they are written. */
function escape(value: string, variable: string): string {
  if (variable.endsWith('_url')) return value.replace(/[\s()<>]/g, encodeURIComponent);
  return value.replace(/[\\`*_{}[\]()<>#+!|~]/g, '\\$&').replace(/(?<!\w)@(?=\w)/g, '@\u200b');
}

/** How the contract suite brings this channel to tell somebody. */
export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ mattermost: { rooms: [receiverUrl] } }),
};
