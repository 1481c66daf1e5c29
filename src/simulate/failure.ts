/** Why the simulation cannot go on, in words for whoever started it. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}
