import Ajv from 'ajv';
import { Misunderstanding, StrictService, type ServiceCall, type Understood } from './strict-service';

const TEXT = { type: 'string', minLength: 1, maxLength: 40_000 };

/** What Hub may send of all that Slack takes: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. */
const isMessage = new Ajv().compile({
  type: 'object',
  required: ['attachments', 'icon_url'],
  additionalProperties: false,
  properties: {
    attachments: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: {
        type: 'object',
        required: ['fallback', 'text', 'color', 'mrkdwn_in'],
        additionalProperties: false,
        properties: {
          fallback: TEXT,
          text: TEXT,
          color: { enum: ['good', 'warning', 'danger'] },
          mrkdwn_in: { const: ['text'] },
        },
      },
    },
    icon_url: { type: 'string', pattern: '^https://' },
    channel: { type: 'string', pattern: '^[#@].+' },
  },
});

/** A message as Slack posts it. */
export interface SlackMessage {
  readonly attachments: readonly { readonly fallback: string; readonly text: string; readonly color: string }[];
  readonly icon_url: string;
  readonly channel?: string;
}

/** A message, and the webhook that it came by: host, path and query. */
export interface Posted {
  readonly webhook: string;
  readonly message: SlackMessage;
}

/**
 * The webhooks of Slack and of a server that takes its messages. Tests reach it at {@link at}, whatever the host is
 * called. Answers in Slack's words.
 */
export class SlackService extends StrictService {
  readonly posted: Posted[] = [];
  /** Channels that are there, but closed. */
  readonly archived = new Set<string>();

  /** @param webhooks that exist: host, path and query, e.g. `hooks.slack.com/services/T0/B0/x`. */
  constructor(private readonly webhooks: readonly string[]) {
    super();
  }

  /** Where it is, instead of on the internet. */
  at(url: string): string {
    return url.replace(/^https?:\/\/(?:[^/@]*@)?/, `${this.origin}/`);
  }

  protected understand(call: ServiceCall): Understood {
    const { method, headers, body, target } = call;
    if (method !== 'POST') throw new Misunderstanding(405, 'it is no POST');
    if (headers['content-type'] !== 'application/json; charset=utf-8') {
      throw new Misunderstanding(400, `the content type is ${headers['content-type']}`);
    }
    if (!/^[1-9]\d*$/.test(headers['idempotency-key'] ?? '')) throw new Misunderstanding(400, 'no idempotency key');
    const message = JSON.parse(body.toString('utf8')) as SlackMessage;
    if (!isMessage(message)) throw new Misunderstanding(400, `invalid_payload: ${JSON.stringify(isMessage.errors)}`);
    for (const { text } of message.attachments) requirePlainText(text);

    const webhook = target.slice(1);
    if (!this.webhooks.includes(webhook)) return () => ({ status: 404, body: 'no_service' });
    if (this.archived.has(message.channel ?? '')) return () => ({ status: 410, body: 'channel_is_archived' });
    return () => {
      this.posted.push({ webhook, message });
      return { status: 200, body: 'ok' };
    };
  }
}

/** @throws Misunderstanding when somebody would be called, or something looks like another thing than it is */
function requirePlainText(text: string): void {
  for (const [sequence] of text.matchAll(/<[^>]*>?/g)) {
    if (!/^<https:\/\/[^|<>\s]+\|[^<>]*>$/.test(sequence)) throw new Misunderstanding(400, `${sequence} is no link`);
  }
  if (/>/.test(text.replace(/<[^>]*>/g, ''))) throw new Misunderstanding(400, 'a > is not escaped');
  if (/&(?!(?:amp|lt|gt);)/.test(text)) throw new Misunderstanding(400, 'an & is not escaped');
  if (/(?<![\w])@(?:channel|here|all|everyone)\b/.test(text)) throw new Misunderstanding(400, 'everybody is called');
}
