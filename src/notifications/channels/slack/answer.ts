import type { HttpResponse, Refusal } from '../../channel';

/** What Slack's words for failures mean to the person who set the room up. */
const REASONS: Readonly<Record<string, string>> = {
  invalid_payload: 'it cannot read this message; look at the template',
  no_text: 'the message came out empty; look at the template',
  user_not_found: 'the person that the room names does not exist',
  action_prohibited: 'its administrators do not let this webhook post there',
  posting_to_general_channel_denied: 'its administrators do not let this webhook post there',
  invalid_token: 'the token of the room is not valid (any more); make a new one',
  no_service: 'the webhook was removed or switched off; make a new one',
  no_service_id: 'the webhook was removed or switched off; make a new one',
  no_team: 'there is no such workspace',
  team_disabled: 'the workspace was closed',
  channel_not_found: 'there is no such channel',
  channel_is_archived: 'the channel is archived',
};

/** Chats say in a word why they do not post a message, old hooks and some other servers with status 200. */
export function refusalOfChat({ status, text, bodySent }: HttpResponse): Refusal | undefined {
  const taken = status >= 200 && status < 300;
  if (taken && !bodySent) {
    return { kind: 'rejected', reason: 'The room has moved, and the message was lost on the way: use its new url.' };
  }
  const [, word = text] = /^\{.*"error"\s*:\s*"(\w+)"/s.exec(text) ?? [];
  const why = REASONS[word];
  if (why !== undefined && (taken || isFinal(status))) {
    return { kind: 'rejected', reason: `The chat answered ${word}: ${why}.` };
  }
  if (taken && text.startsWith('<')) {
    return { kind: 'rejected', reason: 'A web page answered: this is not the url of an incoming webhook.' };
  }
  if (taken && /"(?:ok|success)"\s*:\s*false/.test(text)) {
    return { kind: 'rejected', reason: 'The chat did not post the message: see its response.' };
  }
  return undefined;
}

function isFinal(status: number): boolean {
  return [400, 403, 404, 410].includes(status);
}
