/**
 * What an older replica, which still runs on the same database, could not live with. Between two releases the schema
 * only grows; what nothing uses any more goes a release later.
 */
const RULES: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\bdrop\b(?! not null)/, 'takes something away that an older replica may use'],
  [/\brename\b/, 'renames something that an older replica knows by its old name'],
  [/\balter (column )?\S+ (set data )?type\b/, 'changes a type that an older replica reads and writes'],
  [/\bset not null\b/, 'refuses rows that an older replica writes'],
  [/\badd (constraint|check|unique|foreign|primary|exclude)\b/, 'refuses rows that an older replica writes'],
  [/\badd (?!constraint)(?!.*\bdefault\b).*\bnot null\b/, 'needs a value that an older replica does not write'],
  [/\b(truncate|delete from)\b/, 'deletes rows'],
];

/**
 * What is destructive in a migration.
 *
 * @param statements its SQL, in order
 * @returns each statement that is, with the reason
 */
export function destructiveParts(statements: readonly string[]): string[] {
  const plain = statements.map(withoutTexts);
  const made = new Set(plain.flatMap((sql) => /^create table (?:if not exists )?(\S+)/.exec(sql)?.[1] ?? []));
  return plain.flatMap((sql) => {
    // Nobody older knows a table that is made here.
    if (/^create table /.test(sql) || made.has(/^alter table (?:only )?(?:if exists )?(\S+)/.exec(sql)?.[1] ?? ''))
      return [];
    const unique = /^create unique index .*? on (\S+)/.exec(sql)?.[1];
    const refuses = unique !== undefined && !made.has(unique) ? ['refuses rows that an older replica writes'] : [];
    return [
      ...refuses,
      ...RULES.filter(([pattern]) => partsOf(sql).some((part) => pattern.test(part))).map(([, why]) => why),
    ].map((why) => `${sql}: ${why}`);
  });
}

/** One ALTER TABLE may do several things, with commas between them. */
function partsOf(sql: string): string[] {
  return sql.startsWith('alter table ') ? sql.split(/,(?![^(]*\))/) : [sql];
}

/** In small letters and single spaces, without comments and what stands in quotes. */
function withoutTexts(sql: string): string {
  return sql
    .replace(/--.*$/gm, ' ')
    .replace(/\/\*[^]*?\*\//g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''")
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}
