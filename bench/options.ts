import { parseArgs } from 'node:util';

export const PARTS = ['hub', 'batch1', 'pgbench', 'bare', 'latency', 'growth', 'replicas', 'backlog'] as const;
export type Part = (typeof PARTS)[number];

/** `subset`: the tables as Hub makes them. `travis`: the same with every index of a real Travis database. */
export const SCHEMAS = ['subset', 'travis'] as const;
export type Schema = (typeof SCHEMAS)[number];

/** What is reported in one run. */
export interface Traffic {
  readonly messages: number;
  /** Of the random numbers that it is made of. */
  readonly seed: number;
}

export interface Options {
  readonly json: boolean;
  /** Messages of one throughput run. */
  readonly messages: number;
  readonly parts: readonly Part[];
  readonly schemas: readonly Schema[];
  readonly seed: number;
  /** Seconds of steady load in each latency measurement. */
  readonly steadySeconds: number;
  /** Stored jobs and events of the large side of "growth". */
  readonly stock: { readonly jobs: number; readonly events: number };
  readonly backlog: number;
  /** How often throughput and what it is compared with are measured, in turns; the best run of each counts. */
  readonly rounds: number;
}

export const USAGE = `Usage: npm run bench -- [options]

  --json            one JSON object on the last line of the output, instead of the table
  --messages N      messages of a throughput run (default 40000)
  --only A,B        parts: ${PARTS.join(', ')} (default: all)
  --schema WHICH    subset, travis (all indexes of a Travis database) or both (default)
  --rounds N        repeat hub, batch1, pgbench and bare in turns, the best run of each counts (default 1)
  --steady SECONDS  length of each latency measurement (default 15)
  --stock JOBS      stored jobs of the large side of growth; ten times as many events (default 100000)
  --backlog N       messages of the backlog (default 50000)
  --full            what the bars of the project are about: --stock 1000000 --backlog 200000
  --seed N          other traffic (default 1)

HUB_BENCH_PROFILE=FOLDER writes a CPU profile of each Hub there, for Chrome's developer tools. It costs a few percent.`;

/** What was asked for and is no option, in words for a person. */
export class UsageError extends Error {}

/**
 * Reads the command line.
 *
 * @returns null when help was asked for
 * @throws UsageError
 */
export function readOptions(argv: readonly string[]): Options | null {
  const { values } = parse(argv);
  if (values.help) return null;
  const stock = whole('stock', values.stock, values.full ? 1_000_000 : 100_000);
  return {
    json: values.json,
    messages: whole('messages', values.messages, 40_000),
    parts: list('only', values.only, PARTS),
    schemas: values.schema === 'both' ? SCHEMAS : list('schema', values.schema, SCHEMAS),
    seed: whole('seed', values.seed, 1),
    steadySeconds: whole('steady', values.steady, 15),
    stock: { jobs: stock, events: stock * 10 },
    backlog: whole('backlog', values.backlog, values.full ? 200_000 : 50_000),
    rounds: whole('rounds', values.rounds, 1),
  };
}

function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    return parseArgs({
      args: [...argv],
      options: {
        json: flag,
        full: flag,
        help: { ...flag, short: 'h' },
        messages: text,
        only: text,
        schema: text,
        seed: text,
        steady: text,
        stock: text,
        backlog: text,
        rounds: text,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UsageError(`--${name} ${value}: write a whole number above 0`);
}

function list<T extends string>(name: string, value: string | undefined, known: readonly T[]): readonly T[] {
  if (value === undefined) return known;
  const wanted = value.split(',').filter((item) => item !== '');
  const wrong = wanted.find((item) => !(known as readonly string[]).includes(item));
  if (wrong !== undefined || wanted.length === 0) {
    throw new UsageError(`--${name} ${wrong ?? value}: there are ${known.join(', ')}`);
  }
  return known.filter((item) => wanted.includes(item));
}
