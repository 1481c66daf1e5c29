/** How long a transaction may wait, and be waited for. */
export interface TransactionLimits {
  /** How long to wait for a row that somebody else holds, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** How long one statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** How long the server keeps our locks when this process stops talking, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/**
 * What holds on a connection of our own, so that batches and single statements, which are most of what is sent, need not ask
 * for it. Replicas hold rows for milliseconds: whoever holds one for longer shall not hold up a whole batch.
 */
export const QUICK_LIMITS: TransactionLimits = {
  lockTimeoutMs: 1_000,
  statementTimeoutMs: 10_000,
  idleTimeoutMs: 15_000,
};

/** What holds for a transaction that asks for no other limits. */
export const DEFAULT_LIMITS: TransactionLimits = {
  lockTimeoutMs: 5_000,
  statementTimeoutMs: 10_000,
  idleTimeoutMs: 15_000,
};

type Settings = Readonly<Record<string, string | number>>;

/**
 * The search path is pinned because a role named "hub" would find `hub.jobs` where `jobs` of the CI tables is meant.
 *
 * Plans are made once for each connection and never for one set of parameters: planning anew costs a lone message more
 * than running. A plan made while a table was still empty must do for a large one too, hence by index wherever there is
 * one, and joins row by row: the others read all of an index. The cost that a table scan then has on paper would have it
 * compiled, hence no JIT.
 */
const ALWAYS: Settings = {
  timezone: 'UTC',
  search_path: 'public',
  default_transaction_isolation: 'read committed',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  jit: 'off',
};

/** What holds for as long as a connection of our own lasts. */
export const CONNECTION_SETTINGS: Settings = { ...ALWAYS, ...settingsFor(QUICK_LIMITS) };

/** Makes all of them. */
export const SETTINGS_OF_CONNECTION = statementFor(CONNECTION_SETTINGS, false);

/** By limits: the statement for a connection that has {@link SETTINGS_OF_CONNECTION}, and for one that has not. */
const known = new WeakMap<TransactionLimits, { readonly settled: string | null; readonly unsettled: string }>();

/**
 * The statement that makes what is missing for one transaction.
 *
 * @param settled whether the connection has {@link SETTINGS_OF_CONNECTION}
 * @returns null when nothing is missing
 */
export function settingsOfTransaction(limits: TransactionLimits, settled: boolean): string | null {
  let statements = known.get(limits);
  if (!statements) known.set(limits, (statements = statementsFor(limits)));
  return settled ? statements.settled : statements.unsettled;
}

function statementsFor(limits: TransactionLimits): { readonly settled: string | null; readonly unsettled: string } {
  const wanted = settingsFor(limits);
  const usual = settingsFor(QUICK_LIMITS);
  const other = Object.entries(wanted).filter(([name, value]) => usual[name] !== value);
  return {
    settled: other.length === 0 ? null : statementFor(Object.fromEntries(other), true),
    unsettled: statementFor({ ...ALWAYS, ...wanted }, true),
  };
}

function settingsFor({ lockTimeoutMs, statementTimeoutMs, idleTimeoutMs }: TransactionLimits): Settings {
  return {
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleTimeoutMs,
  };
}

function statementFor(settings: Settings, forTransaction: boolean): string {
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', ${forTransaction})`);
  return `SELECT ${calls.join(', ')}`;
}
