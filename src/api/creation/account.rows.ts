import type { Tx } from '../../database/transaction';
import { Problem } from '../problems/problem';

/** Whoever owns a repository or made a build happen: a polymorphic pair, as the CI tables know it. */
export interface Account {
  readonly type: 'User' | 'Organization';
  readonly id: number;
}

const TABLE = { User: 'users', Organization: 'organizations' } as const;

/**
 * Finds an account by login and creates it when it is unknown.
 *
 * Without a type users are looked up first, then organizations; an unknown login becomes a user.
 */
export async function accountOf(tx: Tx, login: string, type?: Account['type']): Promise<Account> {
  const types = type ? [type] : (['User', 'Organization'] as const);
  for (const candidate of types) {
    const found = await findByLogin(tx, candidate, login);
    if (found) return found;
  }
  // Logins are not unique in these tables, so nothing but a lock keeps two builds from adding one twice. One lock for
  // all logins: a build may add two, and two builds must not wait for each other's.
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('hub:accounts', 0))`);
  const created = type ?? 'User';
  return (await findByLogin(tx, created, login)) ?? (await insert(tx, created, login));
}

/** @throws Problem 422 when there is no account of this id. */
export async function accountById(tx: Tx, id: number, type: Account['type']): Promise<Account> {
  const rows = await tx.query(`SELECT id FROM ${TABLE[type]} WHERE id = $1`, [id]);
  if (rows.length > 0) return { type, id };
  throw new Problem('unprocessable', {
    detail: `There is no ${type.toLowerCase()} ${id}. Name the sender by login, or leave it out.`,
    errors: [{ path: 'sender.id', message: 'is unknown' }],
  });
}

async function findByLogin(tx: Tx, type: Account['type'], login: string): Promise<Account | null> {
  const rows = await tx.query<{ id: number }>(`SELECT id FROM ${TABLE[type]} WHERE login = $1 ORDER BY id LIMIT 1`, [
    login,
  ]);
  return rows[0] ? { type, id: rows[0].id } : null;
}

async function insert(tx: Tx, type: Account['type'], login: string): Promise<Account> {
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO ${TABLE[type]} (login, name, created_at, updated_at)
     VALUES ($1, $1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC') RETURNING id`,
    [login],
  );
  return { type, id: rows[0]!.id };
}
