import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { createTestBroker } from '../support/broker';
import { createTestDatabase } from '../support/database';
import { replay, type Way } from './replay';
import { report } from './report';
import { readVectors, VectorFileError, type Vector } from './vector';
import { amqpWay } from './ways/amqp';
import { directWay } from './ways/direct';

const USAGE = `Usage: npm run vectors -- FILE.jsonl [FILE.jsonl…] [--via direct|amqp] [--only ID[,ID…]] [--trace] [--all]

  --via    how messages reach Hub: direct (default, frozen clock) or amqp (real broker)
  --only   replay just these vectors
  --trace  print every step of every vector
  --all    print the mismatches of all steps, not only of a vector's first step that differs`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns the exit code: 0 when all vectors pass, 1 when one fails, 2 when it cannot start */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      via: { type: 'string', default: 'direct' },
      only: { type: 'string', multiple: true },
      trace: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || positionals.length === 0 || !['direct', 'amqp'].includes(values.via)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const vectors = choose(positionals.flatMap(readVectors), values.only);
  const results = await replayVia(values.via, vectors);
  return report(results, values, print).failed === 0 ? 0 : 1;
}

function choose(vectors: readonly Vector[], only: readonly string[] | undefined): readonly Vector[] {
  if (only === undefined) return vectors;
  const wanted = new Set(only.flatMap((ids) => ids.split(',')));
  const chosen = vectors.filter(({ id }) => wanted.has(id));
  for (const id of wanted) {
    if (!chosen.some((vector) => vector.id === id))
      throw new VectorFileError(`--only ${id}: there is no such vector in the files`);
  }
  return chosen;
}

/** Everything happens in a database, and with `amqp` a virtual host, of our own: both are thrown away afterwards. */
async function replayVia(via: string, vectors: readonly Vector[]): ReturnType<typeof replay> {
  const database = await createTestDatabase();
  const broker = via === 'amqp' ? await createTestBroker() : undefined;
  const pool = new Pool({ connectionString: database.url, max: 4 });
  try {
    const way: Way = broker ? await amqpWay(database.url, broker.url) : await directWay(database.url);
    try {
      return await replay(pool, way, vectors);
    } finally {
      await way.close();
    }
  } finally {
    await pool.end();
    await broker?.drop();
    await database.drop();
  }
}

/** What the caller can mend needs no stack: a wrong option, file or vector. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isUsage =
    error instanceof VectorFileError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE');
  return isUsage ? error.message : (error.stack ?? error.message);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`vectors: ${explain(error)}\n`);
    process.exit(2);
  },
);
