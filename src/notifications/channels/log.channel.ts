import { EVENT_NAMES, NO_ELEMENT, type ChannelDeps, type Channel } from '../channel';

/** Writes one line per event to Hub's log. The smallest channel there is: copy it to start your own. */
export default ({ logger }: ChannelDeps): Channel<null> => ({
  name: 'log',
  events: EVENT_NAMES,
  timeoutMs: 1_000,
  targets: () => [{ element: NO_ELEMENT, key: 'log', display: 'log', target: null }],
  deliver: async ({ event, facts }, _target, { deliveryId }) => {
    const { build, job = build } = event.snapshot;
    const { slug } = facts.repository;
    logger.info({ event: event.name, repository: slug, build: build.number, state: job.state, deliveryId }, 'event');
    return { kind: 'delivered' };
  },
});
