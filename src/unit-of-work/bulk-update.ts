import type { Writes } from '../database/writes';
import { timestampText } from '../database/time';
import { differs, type UnitOfWork } from './unit-of-work';

/** A column that a record's property is written to. */
export interface Column<R> {
  readonly property: keyof R & string;
  readonly column: string;
  readonly type: 'varchar' | 'integer' | 'bigint' | 'timestamp';
}

/** Writes changed columns of many rows of one table in one statement. */
export class BulkUpdate<R extends { readonly id: number }> {
  private readonly sql: string;

  /**
   * @param table with its schema
   * @param columns in a fixed order; each row carries a bit mask of those it changed, so unchanged columns keep what
   *   the database holds, to the microsecond
   * @param extra further assignments for every row that is written, such as `updated_at`
   */
  constructor(
    table: string,
    private readonly columns: readonly Column<R>[],
    extra: readonly string[] = [],
  ) {
    const assignments = columns.map(
      ({ column }, bit) => `${column} = CASE WHEN c.mask & ${1 << bit} <> 0 THEN c.${column} ELSE t.${column} END`,
    );
    const parameters = ['$1::bigint[]', '$2::integer[]', ...columns.map(({ type }, i) => `$${i + 3}::${type}[]`)];
    this.sql = `UPDATE ${table} t SET ${[...assignments, ...extra].join(', ')}
      FROM unnest(${parameters.join(', ')}) AS c(id, mask, ${columns.map(({ column }) => column).join(', ')})
      WHERE t.id = c.id`;
  }

  /** Bit mask of the columns in which the record differs from the loaded row; 0 when it does not. */
  maskOf(uow: UnitOfWork, record: R): number {
    const before = uow.originalOf(record);
    let mask = 0;
    this.columns.forEach(({ property }, bit) => {
      if (differs(before[property], record[property])) mask |= 1 << bit;
    });
    return mask;
  }

  /** Adds the write of the records that changed. Their rows must be locked by this transaction. */
  collect(writes: Writes, uow: UnitOfWork, records: Iterable<R>): void {
    const ids: number[] = [];
    const masks: number[] = [];
    const values: (string | number | null)[][] = this.columns.map(() => []);
    for (const record of records) {
      const mask = this.maskOf(uow, record);
      if (mask === 0) continue;
      ids.push(record.id);
      masks.push(mask);
      this.columns.forEach(({ property }, i) => values[i]?.push(toParameter(record[property])));
    }
    if (ids.length > 0) writes.add(this.sql, [ids, masks, ...values]);
  }
}

/** A value in the form that array parameters take: times as UTC text. */
export function toParameter(value: unknown): string | number | null {
  if (value instanceof Date) return timestampText(value);
  return (value ?? null) as string | number | null;
}
