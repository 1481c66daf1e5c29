import PusherClient from 'pusher-js';
import type { PusherServer } from './pusher-server';

/** An event as the web's page gets it. */
export interface Shown {
  readonly channel: string;
  readonly event: string;
  readonly data: unknown;
}

/** A page of the web: the official client, connected to a server and subscribed to channels. */
export class LivePage {
  /** In the order of arrival. */
  readonly shown: Shown[] = [];

  private constructor(private readonly client: PusherClient) {}

  /**
   * Connects, and resolves once every channel was subscribed to.
   *
   * @param authorise signs a subscription to a private channel; unless told, as the web's API does
   * @throws when the server refuses a subscription
   */
  static async open(
    server: PusherServer,
    channels: readonly string[],
    authorise = (socketId: string, channel: string) => server.authorise(socketId, channel),
  ): Promise<LivePage> {
    const client = new PusherClient(server.app.key, {
      ...{ cluster: '', wsHost: '127.0.0.1', wsPort: server.port, forceTLS: false, enabledTransports: ['ws'] },
      channelAuthorization: {
        customHandler: ({ socketId, channelName }, done) => done(null, authorise(socketId, channelName)),
      },
    });
    const page = new LivePage(client);
    try {
      await Promise.all(channels.map((channel) => page.subscribe(channel)));
    } catch (error) {
      page.close();
      throw error;
    }
    return page;
  }

  /** The events that one channel brought, as `event state`. */
  statesOf(channel: string): string[] {
    return this.shown
      .filter((one) => one.channel === channel)
      .map(({ event, data }) => {
        const { state, build } = data as { state?: string; build?: { state?: string } };
        return `${event} ${build?.state ?? state ?? '?'}`;
      });
  }

  close(): void {
    this.client.disconnect();
  }

  private subscribe(channel: string): Promise<void> {
    const subscription = this.client.subscribe(channel);
    return new Promise((resolve, reject) => {
      subscription.bind('pusher:subscription_succeeded', () => resolve());
      subscription.bind('pusher:subscription_error', (error: unknown) => {
        reject(new Error(`no subscription to ${channel}: ${JSON.stringify(error)}`));
      });
      subscription.bind_global((event: string, data: unknown) => {
        if (!event.startsWith('pusher:')) this.shown.push({ channel, event, data });
      });
    });
  }
}
