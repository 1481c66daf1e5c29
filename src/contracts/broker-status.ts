import type { ModuleRef } from '@nestjs/core';

/**
 * How the intake from the broker is doing, for probes and metrics. Provided under the token {@link BROKER_STATUS}, so
 * that health and metrics need not know the transport.
 */
export interface BrokerStatus {
  /** True while the broker knows our consumer: messages flow. */
  readonly consuming: boolean;
  /** What an operator should mend although messages may flow, e.g. a queue declared with other arguments. */
  readonly degraded: string | null;
}

export const BROKER_STATUS = Symbol('BROKER_STATUS');

/** The broker's status, or null in a program without an intake from a broker. */
export function findBrokerStatus(modules: ModuleRef): BrokerStatus | null {
  try {
    return modules.get<BrokerStatus>(BROKER_STATUS, { strict: false });
  } catch {
    // Nest throws for a token that no module provides.
    return null;
  }
}
