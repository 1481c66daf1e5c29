import { createHash } from 'node:crypto';
import type { Tx } from '../../database/transaction';

/**
 * Finds or creates the rows that hold configs, one per distinct config of the repository.
 *
 * No unique index covers repository and key; the caller holds the repository's row, so nobody adds one twice.
 * @returns the row id for each of the configs, in their order
 */
export async function writeConfigs(
  tx: Tx,
  table: 'build_configs' | 'job_configs',
  repositoryId: number,
  configs: readonly object[],
): Promise<number[]> {
  const texts = configs.map((config) => JSON.stringify(config));
  const keys = texts.map((text) => createHash('sha256').update(text).digest('hex'));
  const distinct = new Map(keys.map((key, index) => [key, texts[index]!]));
  const params = [repositoryId, [...distinct.keys()]];
  await tx.query(
    `INSERT INTO ${table} (repository_id, key, config)
     SELECT $1::integer, given.key, given.config::json
       FROM unnest($2::varchar[], $3::text[]) AS given(key, config)
      WHERE NOT EXISTS (SELECT 1 FROM ${table} known WHERE known.repository_id = $1::integer AND known.key = given.key)`,
    [...params, [...distinct.values()]],
  );
  const rows = await tx.query<{ key: string; id: number }>(
    `SELECT key, min(id) AS id FROM ${table} WHERE repository_id = $1::integer AND key = ANY ($2::varchar[]) GROUP BY key`,
    params,
  );
  const idOf = new Map(rows.map((row) => [row.key, row.id]));
  return keys.map((key) => {
    const id = idOf.get(key);
    if (id === undefined)
      throw new Error(`the row of config ${key} in ${table} is gone in the transaction that made it`);
    return id;
  });
}

/** {@link writeConfigs} for a single one. */
export async function writeConfig(
  tx: Tx,
  table: 'build_configs' | 'job_configs',
  repositoryId: number,
  config: object,
): Promise<number> {
  const ids = await writeConfigs(tx, table, repositoryId, [config]);
  return ids[0]!;
}
