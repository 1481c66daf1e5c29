/** Where a message goes: the url that takes it, and the channel there if the config names one. */
export interface Room {
  readonly url: string;
  /** As the receiver takes it, e.g. `#builds`; null leaves it to the webhook. */
  readonly channel: string | null;
}

/** `account:token#channel`: the hook that Slack keeps for Travis CI. */
const HOOK = /^([a-zA-Z0-9-]+):([a-zA-Z0-9_-]+)(?:#(.+))?$/;

/**
 * Reads a room, as people know it from Travis CI (notifications.md §6), or the url of an incoming webhook: one of a Slack
 * app, or of a server that takes the same messages, such as Mattermost and Rocket.Chat. `#channel` at the end of such a
 * url names the channel there; `#@name` a person.
 *
 * @returns null when it is neither
 */
export function readRoom(text: string): Room | null {
  const [, account, token, channel] = HOOK.exec(text) ?? [];
  if (account !== undefined && token !== undefined) {
    const url = `https://${account}.slack.com/services/hooks/travis?token=${token}`;
    return { url, channel: named(channel?.split('#')[0]) };
  }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const fragment = decode(url.hash.slice(1));
  url.hash = '';
  return { url: url.href, channel: fragment.startsWith('@') ? fragment : named(fragment) };
}

function named(channel: string | undefined): string | null {
  return channel === undefined || channel === '' ? null : `#${channel}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
