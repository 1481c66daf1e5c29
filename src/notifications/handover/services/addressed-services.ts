import type { ServiceDeps } from '../deps';
import type { AddressedService } from '../handover';
import { artifactManager } from './artifact-manager';
import { keen } from './keen';
import { merge } from './merge';
import { statesCache } from './states-cache';
import { traceProcessor } from './trace-processor';

/** Every service that is told at an address of its own. */
export function addressedServices(deps: ServiceDeps): readonly AddressedService[] {
  return [artifactManager, keen, merge, statesCache, traceProcessor].map((make) => make(deps));
}
