import type { Tx } from '../database';
import type { Check, DoctorSettings, Finding, FoundRow } from './check';
import { CHECKS } from './checks';

/** Which builds are looked at. */
export type Scope =
  /** All of which Hub has told. */
  | 'all'
  /** Those that the newest events are about: what a look every few minutes can afford. */
  | 'recent'
  /** One of them. */
  | { readonly buildId: number };

/** How many of the newest events say which builds are recent. */
const RECENT_EVENTS = 50_000;

/** `$2` is the build, if one is named. */
const OWN = `SELECT build_id, last_seq FROM hub.builds WHERE last_seq > 0 AND ($2::bigint IS NULL OR build_id = $2::bigint)`;
const OWN_RECENT = `${OWN} AND build_id IN (
  SELECT build_id FROM hub.events
   WHERE id > coalesce((SELECT id FROM hub.events ORDER BY id DESC OFFSET ${RECENT_EVENTS} LIMIT 1), 0))`;

/**
 * What transactions of Hub forbid the planner for the sake of lone messages ({@link Transactions}), and a look at whole
 * tables needs.
 */
const PLAN_FREELY = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material']
  .map((setting) => `set_config('${setting}', 'on', true)`)
  .join(', ');

/**
 * Looks for damage; changes nothing.
 *
 * @param most findings of each check
 */
export async function examine(
  tx: Tx,
  settings: DoctorSettings,
  { scope, most }: { readonly scope: Scope; readonly most: number },
): Promise<readonly Finding[]> {
  await tx.query(`SELECT ${PLAN_FREELY}, set_config('plan_cache_mode', 'force_custom_plan', true)`);
  const findings: Finding[] = [];
  const own = scope === 'recent' ? OWN_RECENT : OWN;
  const buildId = typeof scope === 'object' ? scope.buildId : null;
  for (const check of CHECKS) {
    const rows = await tx.query<FoundRow>(`WITH own AS MATERIALIZED (${own}) ${check.sql}`, [
      most,
      buildId,
      ...(check.parameters?.(settings) ?? []),
    ]);
    findings.push(...rows.map((row) => findingOf(check, row)));
  }
  return findings;
}

function findingOf(check: Check, row: FoundRow): Finding {
  const { name } = check;
  return {
    check: name,
    buildId: row.build_id,
    jobId: row.job_id ?? null,
    text: check.explain(row),
    mend: check.mend(row),
  };
}
