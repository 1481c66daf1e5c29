import { EVENT_NAMES, NO_ELEMENT, type Channel, type ChannelContract, type ChannelDeps } from '../../channel';
import { cloudEvent, routingKey } from './cloud-event';

/** Durable, and so is what queues bound to it keep: subscribers may be away. */
const EXCHANGE = { name: 'hub.events', type: 'topic' } as const;

/**
 * Publishes every event as a CloudEvent on a topic exchange, for any program that wants to know. In structured mode: the
 * binding for AMQP is written for version 1.0, where headers are named differently, and a body that holds everything
 * survives bridges, logs and files.
 */
export default ({ broker, config }: ChannelDeps): Channel<null> => {
  if (broker === null) throw new Error('The channel amqp publishes on the broker: set RABBITMQ_URL, or amqp=off.');
  return {
    name: 'amqp',
    events: EVENT_NAMES,
    timeoutMs: 10_000,
    // An outage of the broker is everybody's, and programs want the whole story: it is told for three days.
    retry: { firstPauseMs: 500, longestPauseMs: 30_000, attempts: 10_000, horizonMs: 3 * 86_400_000 },
    strictOrder: true,

    targets: ({ event }) => [
      {
        element: NO_ELEMENT,
        key: EXCHANGE.name,
        display: `exchange ${EXCHANGE.name}`,
        orderKey: String(event.build_id),
        target: null,
      },
    ],

    async deliver(notice, _target, { signal }) {
      const event = cloudEvent(notice, config.web.url);
      const properties = {
        contentType: 'application/cloudevents+json; charset=utf-8',
        messageId: event.id,
        type: notice.event.name,
        timestamp: Math.floor(Date.parse(event.time) / 1_000),
        appId: 'hub',
      };
      const body = Buffer.from(JSON.stringify(event), 'utf8');
      await broker.publish(EXCHANGE, routingKey(notice.event), body, properties, signal);
      return { kind: 'delivered' };
    },
  };
};

/** It tells of every event, whatever the config, and speaks AMQP. */
export const contract: ChannelContract = { notifications: () => ({}), http: false };
