import type { Database } from '../database';
import type { Random } from '../domain/random';
import type { Replica } from '../replica';
import type { World } from '../world';

/** A server that can be killed and started again with what it has on disk (scripts/lib). */
export interface OwnServer {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** A broker of our own, with its control tool. */
export interface OwnBroker extends OwnServer {
  /** `ctl:<rabbitmqctl>` */
  readonly admin: string;
}

/** What faults can get hold of. */
export interface Scene {
  readonly replicas: readonly Replica[];
  readonly postgres: OwnServer;
  readonly broker: OwnBroker;
  readonly database: Database;
  readonly world: World;
  readonly random: Random;
  /** How long things are broken, in milliseconds: seconds in a short run, up to minutes in a long one. */
  readonly span: Span;
  /** How long an outage of the database lasts. */
  readonly outage: Span;
}

/** In milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What goes wrong. It resolves at the moment at which nothing is wrong any more but what Hub has to mend. */
export type Fault = (scene: Scene) => Promise<void>;

/** For how long something is broken, in milliseconds. */
export function drawSpan({ random, span }: Scene): number {
  return random.between(span.from, span.to);
}

/** A replica that runs. @throws when there is none */
export function drawReplica({ replicas, random }: Scene): Replica {
  return random.pick(replicas.filter(({ running }) => running));
}
