import { Client } from 'pg';
import type { SentStatement } from './sent-statements';

/** VERBOSE, because tables and indexes of `public` and `hub` share names. */
const EXPLAIN = 'EXPLAIN (FORMAT JSON, VERBOSE)';

/** What EXPLAIN says of one step; there is more, which is not looked at. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly Schema?: string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Parent Relationship'?: string;
  readonly Plans?: readonly PlanNode[];
}

interface Step extends PlanNode {
  /** Done anew for each row of another step. */
  readonly repeated: boolean;
}

interface Index {
  readonly table: string;
  readonly partial: boolean;
  /** Its first column, and from PostgreSQL 18 on, which skips over a first column of few values, also its second. */
  readonly leading: readonly string[];
}

/** A table that a statement does not find its rows in by an index. */
export interface WastefulRead {
  readonly statement: string;
  /** With its schema. */
  readonly table: string;
  /** What is done instead, in words. */
  readonly how: string;
}

/** Bitmaps are judged by the index they are made of, which is a step of its own. */
const BY_INDEX = ['Index Scan', 'Index Only Scan', 'Bitmap Index Scan'];
const JUDGED_BELOW = ['Bitmap Heap Scan', 'Tid Scan'];

/** Asks PostgreSQL how it would run the statements that Hub sends, and finds reads whose cost grows with the table. */
export class QueryPlans {
  private constructor(
    private readonly client: Client,
    private readonly indexes: ReadonlyMap<string, Index>,
  ) {}

  static async open(url: string): Promise<QueryPlans> {
    const client = new Client({ connectionString: url });
    await client.connect();
    return new QueryPlans(client, await readIndexes(client));
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** @throws the database's error, with the statement that it is about */
  async wastefulReads(sent: SentStatement): Promise<WastefulRead[]> {
    const plans = await this.plansOf(sent).catch((error: unknown) => {
      throw new Error(`PostgreSQL cannot explain: ${sent.text}`, { cause: error });
    });
    const reads = plans.flatMap((plan) => stepsOf(plan)).flatMap((step) => this.judge(step));
    // The plan for these values and the one for any are mostly the same.
    const each = new Map(reads.map((read) => [`${read.table} ${read.how}`, read]));
    return [...each.values()].map((read) => ({ statement: titleOf(sent.text), ...read }));
  }

  /**
   * The plans that the server may use for a prepared statement.
   *
   * In a transaction it has the settings that Hub opened it with, which ask for one plan for any values. By itself it has
   * the server's own, and gets a plan for its values a few times before one for any may take over.
   */
  private async plansOf({ text, values, begin }: SentStatement): Promise<PlanNode[]> {
    try {
      await this.client.query(begin ?? 'BEGIN');
      if (begin !== null) return [await this.planForAny(text, values.length)];
      const forThese = await this.plan(`${EXPLAIN} ${text}`, values);
      await this.client.query(`SET LOCAL plan_cache_mode = force_generic_plan`);
      return [forThese, await this.planForAny(text, values.length)];
    } finally {
      await this.client.query('ROLLBACK');
      await this.client.query('DEALLOCATE ALL');
    }
  }

  /** It is the session's settings that decide whether the values, NULLs here, are looked at. */
  private async planForAny(text: string, count: number): Promise<PlanNode> {
    await this.client.query(`PREPARE asked AS ${text}`);
    const values = count === 0 ? '' : `(${Array(count).fill('NULL').join(', ')})`;
    return this.plan(`${EXPLAIN} EXECUTE asked${values}`);
  }

  private async plan(explain: string, values: readonly unknown[] = []): Promise<PlanNode> {
    const { rows } = await this.client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain, [...values]);
    const [row] = rows;
    if (!row) throw new Error('EXPLAIN said nothing');
    return row['QUERY PLAN'][0].Plan;
  }

  private judge(node: Step): Omit<WastefulRead, 'statement'>[] {
    const type = node['Node Type'];
    const schema = node.Schema ?? '';
    if (!type.endsWith('Scan') || JUDGED_BELOW.includes(type)) return [];
    if (!BY_INDEX.includes(type)) {
      const table = node['Relation Name'];
      return table === undefined ? [] : [{ table: `${schema}.${table}`, how: `${type} of the whole table` }];
    }
    const name = `${schema}.${node['Index Name'] ?? ''}`;
    const index = this.indexes.get(name);
    if (index === undefined) throw new Error(`The index ${name} of a plan is not in the catalog.`);
    const condition = node['Index Cond'];
    // A partial one holds open rows only, so to read all of it, once, is what it is for.
    if ((index.partial && !node.repeated) || index.leading.some((column) => pins(condition, column))) {
      return [];
    }
    return [{ table: index.table, how: `${type} of ${name} for ${condition ?? 'all of its rows'}` }];
  }
}

/** With table scans forbidden PostgreSQL walks through whole indexes instead: only equality leads to the rows. */
function pins(condition: string | undefined, column: string): boolean {
  return new RegExp(`\\b${column}\\)?(::[a-z ]+)? = `).test(condition ?? '');
}

/** Steps that make a bitmap do not say in which schema their index is, but what is above them does. */
function stepsOf(node: PlanNode, above?: Step): Step[] {
  const relation = node['Parent Relationship'];
  const looped = relation === 'SubPlan' || (relation === 'Inner' && above?.['Node Type'] === 'Nested Loop');
  // What is done once for the statement is so wherever it stands.
  const repeated = relation !== 'InitPlan' && (looped || above?.repeated === true);
  const schema = node.Schema ?? above?.Schema;
  const step: Step = { ...node, ...(schema !== undefined && { Schema: schema }), repeated };
  return [step, ...(node.Plans ?? []).flatMap((below) => stepsOf(below, step))];
}

async function readIndexes(client: Client): Promise<ReadonlyMap<string, Index>> {
  const { rows } = await client.query<Index & { name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, n.nspname || '.' || t.relname AS table,
            i.indpred IS NOT NULL AS partial,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid
                     AND (a.attnum = 1 OR a.attnum = 2 AND current_setting('server_version_num')::integer >= 180000
                          AND EXISTS (SELECT FROM pg_stats s JOIN pg_attribute f ON f.attrelid = c.oid AND f.attnum = 1
                                       WHERE s.schemaname = n.nspname AND s.tablename = t.relname
                                         AND s.attname = f.attname AND s.n_distinct BETWEEN 1 AND 20))) AS leading
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('public', 'hub')`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** The statement on one line, without the lists of columns that make the larger part of it. */
function titleOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.replace(/ SET .*? (FROM|WHERE) /g, ' SET … $1 ').replace(/\([^()]{60,}\)/g, '(…)');
}
