import * as ofBroker from './of-broker';
import * as ofDatabase from './of-database';
import * as ofHub from './of-hub';
import type { Fault } from './fault';

/** Everything that can go wrong, by the name that reports use. */
export const FAULTS = {
  'replica killed': ofHub.killed,
  'replica never comes back': ofHub.neverBack,
  'all replicas killed': ofHub.allKilled,
  'replica kills itself between two steps': ofHub.doomed,
  'replica stopped': ofHub.stopped,
  'replica stopped with locks': ofHub.stoppedWithLocks,
  'replica killed with locks': ofHub.killedWithLocks,
  'rolling update': ofHub.rolled,
  'broker killed': ofBroker.brokerKilled,
  'broker stopped': ofBroker.brokerStopped,
  'broker closes all connections': ofBroker.connectionsClosed,
  'queue deleted': ofBroker.queueDeleted,
  'consumers canceled': ofBroker.consumersCanceled,
  'line to broker cut': ofBroker.brokerLineCut,
  'line to broker hangs': ofBroker.brokerLineHangs,
  'lines to broker slow': ofBroker.brokerLineSlow,
  'database restarted': ofDatabase.databaseRestarted,
  'database away': ofDatabase.databaseAway,
  'database away and replica killed': ofDatabase.databaseAwayAndKilled,
  'line to database cut': ofDatabase.databaseLineCut,
  'line to database hangs': ofDatabase.databaseLineHangs,
  'lines to database slow': ofDatabase.databaseLineSlow,
  'writes fail': ofDatabase.writesFail,
  'sessions killed': ofDatabase.sessionsKilled,
  'rows held by another service': ofDatabase.rowsHeld,
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
