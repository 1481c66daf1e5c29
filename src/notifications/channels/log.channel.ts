import { EVENT_NAMES, NO_ELEMENT, type Channel, type ChannelDeps } from '../channel';

/** Writes one line per event to Hub's log. The smallest channel there is: copy it to start your own. */
export default ({ logger }: ChannelDeps): Channel<null> => ({
  name: 'log',
  events: EVENT_NAMES,
  timeoutMs: 1_000,
  targets: () => [{ element: NO_ELEMENT, key: 'log', display: 'log', target: null }],
  deliver: async ({ event, facts }, _target, { deliveryId }) => {
    const { build, job } = event.snapshot;
    const who = { repository: facts.repository.slug, build: build.number, ...(job && { job: job.number }) };
    logger.info({ event: event.name, ...who, state: (job ?? build).state, deliveryId }, 'told');
    return { kind: 'delivered' };
  },
});
