import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly seed: number;
  /** For how long faults happen. */
  readonly minutes: number;
  readonly replicas: number;
  /** Builds that are under way at a time. */
  readonly builds: number;
}

export const USAGE = `npm run chaos -- [--seed N] [--minutes N] [--replicas N] [--builds N]

Breaks everything around N Hubs for some minutes and then looks whether anything is lost, wrong, doubled or stuck.
The same --seed plans the same faults and the same traffic. Defaults: a seed by chance, 1 minute, 3 replicas, 40 builds
under way at a time.`;

/** @throws Error with what is wrong, for people */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      replicas: { type: 'string', default: '3' },
      builds: { type: 'string', default: '40' },
    },
  });
  return {
    seed: number('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 2_147_483_647),
    minutes: number('minutes', values.minutes, 0.1, 600),
    replicas: Math.trunc(number('replicas', values.replicas, 1, 16)),
    builds: Math.trunc(number('builds', values.builds, 1, 1_000)),
  };
}

function number(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= from && value <= to) return value;
  throw new Error(`--${name} must be a number from ${from} to ${to}.`);
}
