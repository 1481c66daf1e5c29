import 'reflect-metadata';
import { createTestDatabase } from '../test/support';
import { PARTS, readOptions, USAGE, UsageError, type Options, type Part, type Schema, type Traffic } from './options';
import { measureBacklog, measureGiant, measureLatency, type Measured } from './parts-steady';
import { measureGrowth } from './parts-growth';
import { measurePgbench } from './parts-pgbench';
import { measureBare, measureBatchOfOne, measureThroughput } from './parts-throughput';
import { table } from './report';
import { machine, type Results, type SchemaResults } from './results';

const REPLICAS = [1, 2, 4];
const DURABILITY = ['fsync', 'synchronous_commit', 'full_page_writes'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);
/** Progress goes to standard error: standard output is for the result. */
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns the exit code: 0 when everything was measured and right, 1 when not, 2 when it cannot start */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    print(USAGE);
    return 0;
  }
  const results = await measure(options);
  for (const line of options.json ? [JSON.stringify(results)] : table(results)) print(line);
  return results.problems.length === 0 ? 0 : 1;
}

async function measure(options: Options): Promise<Results> {
  const results: Results = { throughput: null, machine: await lookAround(), schemas: {}, problems: [] };
  const bench = new Bench(options, results);
  for (const schema of options.schemas) await bench.compare(schema);
  await bench.operate(options.schemas[0] ?? 'subset');
  return results;
}

/** Measures part by part. One that fails is a problem of the result, and the others go on. */
class Bench {
  constructor(
    private readonly options: Options,
    private readonly results: Results,
  ) {}

  /**
   * Throughput and what it is compared with, in turns. The best run of each counts: what disturbs a run only ever makes it
   * slower, and must not make what Hub is compared with slower than Hub.
   */
  async compare(schema: Schema): Promise<void> {
    const { messages, rounds, seed } = this.options;
    const found: SchemaResults = {};
    this.results.schemas[schema] = found;
    for (let round = 0; round < rounds; round++)
      await this.compareOnce(schema, found, { messages, seed: seed + round });
    if (found.hub) this.results.throughput ??= found.hub.throughput;
    found.ratios = ratios(found);
  }

  private async compareOnce(schema: Schema, found: SchemaResults, traffic: Traffic): Promise<void> {
    await this.part('hub', schema, async () => {
      const run = await measureThroughput({ schema, ...traffic });
      this.note('hub', schema, run.problems);
      found.hub = better(found.hub, run);
    });
    await this.part('batch1', schema, async () => {
      const run = await measureBatchOfOne(schema, traffic);
      this.note('batch1', schema, run.problems);
      found.batch1 = better(found.batch1, run);
    });
    await this.part('pgbench', schema, async () => {
      const run = await measurePgbench(schema, traffic);
      found.pgbench = found.pgbench && found.pgbench.tps > run.tps ? found.pgbench : run;
    });
    await this.part('bare', schema, async () => {
      found.bare = better(found.bare, await measureBare(schema, traffic));
    });
  }

  /** How it is in operation: latency, growth, replicas, backlog. */
  async operate(schema: Schema): Promise<void> {
    const { options, results } = this;
    const half = async () => (await this.throughput(schema)) / 2;
    await this.part('latency', schema, async () => {
      results.latency = this.take('latency', schema, await measureLatency(schema, options, await half()));
    });
    await this.part('growth', schema, async () => {
      results.growth = await measureGrowth(schema, options);
      this.note('growth', schema, [...results.growth.small.problems, ...results.growth.large.problems]);
    });
    await this.part('replicas', schema, async () => {
      const runs: NonNullable<Results['replicas']>[number][] = [];
      for (const count of REPLICAS) {
        const { messages, seed } = options;
        const run = await measureThroughput({ schema, messages, seed, replicas: count });
        this.note(`replicas ${count}`, schema, run.problems);
        runs.push({ ...run, count });
      }
      results.replicas = runs;
      const rate = await half();
      const without = results.latency ?? this.take('replicas', schema, await measureLatency(schema, options, rate));
      results.giant = this.take('replicas', schema, await measureGiant(schema, options, rate, without));
    });
    await this.part('backlog', schema, async () => {
      results.backlog = this.take('backlog', schema, await measureBacklog(schema, options, await half()));
    });
  }

  /** Measured, or measured now when the part that does it was left out. */
  private async throughput(schema: Schema): Promise<number> {
    const known = this.results.schemas[schema]?.hub;
    if (known) return known.throughput;
    const { messages, seed } = this.options;
    tell('  (throughput first, to know what half of it is)');
    const measured = await measureThroughput({ schema, messages, seed });
    this.results.schemas[schema] = { ...this.results.schemas[schema], hub: measured };
    return measured.throughput;
  }

  private async part(part: Part, schema: Schema, work: () => Promise<void>): Promise<void> {
    if (!this.options.parts.includes(part)) return;
    const begun = performance.now();
    tell(`${part} (${schema}) …`);
    try {
      await work();
    } catch (error) {
      this.note(part, schema, [error instanceof Error ? error.message : String(error)]);
    }
    tell(`${part} (${schema}) took ${((performance.now() - begun) / 1_000).toFixed(0)} s`);
  }

  private take<T>(part: string, schema: Schema, { figures, problems }: Measured<T>): T {
    this.note(part, schema, problems);
    return figures;
  }

  private note(part: string, schema: Schema, problems: readonly string[]): void {
    for (const problem of problems) {
      tell(`! ${part} (${schema}): ${problem}`);
      this.results.problems.push(`${part} (${schema}): ${problem}`);
    }
  }
}

function better<R extends { readonly throughput: number }>(before: R | undefined, run: R): R {
  return before && before.throughput > run.throughput ? before : run;
}

function ratios({ hub, batch1, pgbench, bare }: SchemaResults): SchemaResults['ratios'] {
  if (!hub) return {};
  return {
    ...(pgbench && { toPgbench: hub.throughput / pgbench.tps }),
    ...(bare && { toBare: hub.throughput / bare.throughput, settledToBare: hub.settledRate / bare.throughput }),
    ...(batch1 && { toBatch1: hub.throughput / batch1.throughput }),
  };
}

async function lookAround(): Promise<Results['machine']> {
  const database = await createTestDatabase();
  try {
    const rows = await database.query<{ name: string; setting: string }>(
      'SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[])',
      [[...DURABILITY, 'server_version']],
    );
    const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    const { server_version: version = 'unknown', ...durability } = settings;
    return machine(version, durability);
  } finally {
    await database.drop();
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const plain = error instanceof UsageError;
    tell(plain ? `${error.message}\n\n${USAGE}` : String(error instanceof Error ? error.stack : error));
    tell(plain ? '' : `The parts are ${PARTS.join(', ')}; try one alone with --only.`);
    process.exitCode = 2;
  },
);
