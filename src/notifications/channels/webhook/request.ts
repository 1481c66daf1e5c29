import { RequestRefused, teamsCard, type ChannelConfig, type Notice } from '../../channel';
import { webhookPayload } from './payload';
import { signer, standardSigner } from './signatures';
import type { WebhookTarget } from './targets';

interface Request {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** In characters: each of many attempts at once holds one, and nobody takes that much. */
const MOST_OF_A_PAYLOAD = 5_000_000;
const TOO_LARGE = `The payload would be larger than ${MOST_OF_A_PAYLOAD / 1_000_000} MB: the build has too many jobs with too long configs, or too long a commit message.`;

const TYPES = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
  card: 'application/json',
} as const;

/**
 * Makes the requests that receivers know (notifications.md §5).
 *
 * @returns takes the form of body and the id of the message, which is the same for every attempt; throws RequestRefused for
 *   a build that nobody would take
 * @throws when a configured key cannot sign. The message does not repeat it.
 */
export function requestMaker({
  web,
  webhook,
}: ChannelConfig): (notice: Notice, form: WebhookTarget['body'], id: string) => Request {
  const signature = signer(webhook.signingKey);
  const standardSignature = standardSigner(webhook.standardSecret);

  return (notice, form, id) => {
    const headers = {
      'Content-Type': TYPES[form],
      'User-Agent': 'Travis CI Notifications',
      'Travis-Repo-Slug': headerText(notice.facts.repository.slug),
    };
    // Teams checks no signature, and was never sent one.
    if (form === 'card') {
      return { body: JSON.stringify(teamsCard(notice, web.url)), headers: { ...headers, 'webhook-id': id } };
    }
    const json = JSON.stringify(webhookPayload(notice, web.url));
    if (json.length > MOST_OF_A_PAYLOAD) throw new RequestRefused(TOO_LARGE);
    const body = form === 'json' ? json : formBody(json);
    return { body, headers: { ...headers, ...signature(json), ...standardSignature(id, new Date(), body) } };
  };
}

/** A form with one field. URLSearchParams goes character by character; blanks are replaced in what is still short. */
function formBody(payload: string): string {
  return `payload=${payload.split(' ').map(encodeURIComponent).join('+')}`;
}

/** Headers carry printable ASCII; anything else a name may hold is written as in a url. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, (other) => encodeURIComponent(other.toWellFormed()));
}
