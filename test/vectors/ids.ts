import type { Pool } from 'pg';
import type { Vector } from './vector';

/** Hands out ids that were taken from the sequences beforehand; each call gives a greater one than the call before. */
export interface IdSupply {
  next(sequence: keyof typeof SEQUENCES): number;
}

const SEQUENCES = {
  repositories: `pg_get_serial_sequence('repositories', 'id')`,
  build_configs: `pg_get_serial_sequence('build_configs', 'id')`,
  stages: `pg_get_serial_sequence('stages', 'id')`,
  builds_and_jobs: `'shared_builds_tasks_seq'`,
} as const;

/** Takes as many ids from each sequence as the rows of these vectors need. */
export async function supplyIds(pool: Pool, vectors: readonly Vector[]): Promise<IdSupply> {
  const sum = (count: (vector: Vector) => number): number =>
    vectors.reduce((total, vector) => total + count(vector), 0);
  const others = (vector: Vector) => vector.other_builds ?? [];
  const needed = {
    repositories: vectors.length,
    build_configs: vectors.length,
    stages: sum(({ stages }) => stages.length),
    builds_and_jobs: sum(
      (vector) => 1 + vector.jobs.length + others(vector).reduce((n, other) => n + 1 + other.jobs.length, 0),
    ),
  };
  const supply = new Map<string, number[]>();
  for (const [name, sequence] of Object.entries(SEQUENCES)) {
    const { rows } = await pool.query<{ id: string }>(
      `SELECT nextval(${sequence}) AS id FROM generate_series(1, $1) ORDER BY 1`,
      [needed[name as keyof typeof SEQUENCES]],
    );
    supply.set(name, rows.map(({ id }) => Number(id)).reverse());
  }
  return {
    next(sequence) {
      const id = supply.get(sequence)?.pop();
      if (id === undefined)
        throw new Error(`too few ids were taken from the sequence of ${sequence}: count them again`);
      return id;
    },
  };
}
