import type { WorkPlace } from '../fleet';
import type { Session } from './session';

/** What workers on the broker work with. */
export interface AmqpWorkPlace extends WorkPlace {
  /** A connection that stands, for what comes after the run's own is gone. */
  anySession(): Promise<Session>;
}
