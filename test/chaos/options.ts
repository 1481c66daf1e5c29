import { parseArgs } from 'node:util';
import { FAULTS, type FaultName } from './faults';

export interface ChaosOptions {
  readonly seed: number;
  /** For how long faults happen. */
  readonly minutes: number;
  readonly replicas: number;
  /** Builds that are under way at a time. */
  readonly builds: number;
  /** Most builds that begin in a second. */
  readonly rate: number;
  /** What may happen. */
  readonly faults: readonly FaultName[];
  /** They were chosen by name: each is played once at least, however long that takes. */
  readonly chosen: boolean;
  /** Nothing is started: the plan is printed. */
  readonly plan: boolean;
}

const NAMES = Object.keys(FAULTS) as FaultName[];

export const USAGE = `npm run chaos -- [--seed N] [--minutes N] [--replicas N] [--builds N] [--rate N] [--faults A,B] [--plan]

Breaks everything around N Hubs for some minutes and then looks whether anything is lost, wrong, doubled or stuck.
The same --seed plans the same faults and the same traffic; --plan only prints them. Defaults: a seed by chance, 1 minute,
3 replicas, at most 40 builds under way at a time, of which at most 11 begin in a second (about 115 messages), and
all faults:
${NAMES.map((name) => `  ${name}`).join('\n')}`;

/** @throws Error with what is wrong, for people */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '1' },
      replicas: { type: 'string', default: '3' },
      builds: { type: 'string', default: '40' },
      rate: { type: 'string', default: '11' },
      faults: { type: 'string' },
      plan: { type: 'boolean', default: false },
    },
  });
  return {
    seed: number('seed', values.seed ?? String(Math.floor(Math.random() * 1_000_000)), 0, 2_147_483_647),
    minutes: number('minutes', values.minutes, 0.1, 600),
    replicas: Math.trunc(number('replicas', values.replicas, 1, 16)),
    builds: Math.trunc(number('builds', values.builds, 1, 1_000)),
    rate: number('rate', values.rate, 0.1, 1_000),
    faults: values.faults === undefined ? NAMES : faults(values.faults),
    chosen: values.faults !== undefined,
    plan: values.plan,
  };
}

function faults(text: string): FaultName[] {
  return text.split(',').map((part) => {
    const name = NAMES.find((each) => each === part.trim());
    if (name === undefined) throw new Error(`--faults: there is no fault "${part.trim()}".`);
    return name;
  });
}

function number(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= from && value <= to) return value;
  throw new Error(`--${name} must be a number from ${from} to ${to}.`);
}
