import {
  decisionsOfElement,
  isPullRequest,
  outcomeOfPost,
  readParts,
  refusalOfTeams,
  revealElements,
  secretsOfUrl,
  teamsCard,
  urlTarget,
  wantsPullRequests,
  webhookUrls,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type Notice,
  type RevealedElement,
  type TargetDecision,
} from '../channel';

const TIMEOUT_MS = 15_000;

const KEYS = { section: ['msteams'], targets: ['urls', 'url', 'rooms', 'room'], namedOnly: true } as const;
const WEBHOOKS = { section: ['webhooks', 'webhook'], targets: ['urls', 'url'] } as const;

const TOLD_ALREADY = 'a url also stands under webhooks with msteams: true, where the channel webhook tells it';

/**
 * Posts a card to the channels of Microsoft Teams that `notifications.msteams` names: urls of Workflows (Power Automate)
 * or of connectors. Urls with `msteams: true` under `webhooks` are the webhook channel's, as in Travis CI.
 */
export default function msteams({ config, http, secrets }: ChannelDeps): Channel<string> {
  return {
    name: 'msteams',
    events: ['build:started', 'build:finished', 'build:canceled'],
    timeoutMs: TIMEOUT_MS,

    async targets(notice) {
      const { wanted, silent } = await revealElements(notice, KEYS, secrets);
      if (wanted.length === 0) return silent;
      const webhooks = await revealElements(notice, WEBHOOKS, secrets);
      const told = new Set(webhooks.wanted.flatMap(cardsOf));
      return [...silent, ...wanted.flatMap((element) => urlsOf(element, notice, told))];
    },

    async deliver(notice, url, { deliveryId, signal }) {
      const body = JSON.stringify(teamsCard(notice, config.web.url));
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': String(deliveryId) };
      return outcomeOfPost(
        () => http.post(url, { headers, body, signal, timeoutMs: TIMEOUT_MS }),
        () => secretsOfUrl(url),
        refusalOfTeams,
      );
    },
  };
}

/** The urls of an entry of `webhooks` that are sent cards. */
function cardsOf({ named, settings }: RevealedElement): string[] {
  const { found } = readParts(named, (value) => webhookUrls(value, settings));
  return found.flatMap(({ target: { url, msteams } }) => (msteams === true ? [url] : []));
}

function urlsOf(
  { index, settings, named }: RevealedElement,
  notice: Notice,
  told: ReadonlySet<string>,
): TargetDecision<string>[] {
  if (isPullRequest(notice.facts) && !wantsPullRequests(settings)) {
    return [{ element: index, silent: 'on_pull_requests is off' }];
  }
  const { found, reasons } = readParts(named, webhookUrls);
  const urls = found.filter(({ target: { url } }) => !told.has(url));
  const targets = urls.map(({ target: { url }, encrypted }) =>
    urlTarget(notice, { element: index, url, hidden: encrypted && 'encrypted', target: url }),
  );
  return decisionsOfElement(index, targets, urls.length < found.length ? [...reasons, TOLD_ALREADY] : reasons);
}

export const contract: ChannelContract = {
  notifications: (receiverUrl) => ({ msteams: { urls: [receiverUrl], on_start: 'always' } }),
  accepts: { status: 202 },
};
