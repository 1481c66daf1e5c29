import { EVENT_NAMES } from '../../channel';

/** All events of builds. */
export const BUILD_EVENTS = EVENT_NAMES.filter((name) => name.startsWith('build:'));
