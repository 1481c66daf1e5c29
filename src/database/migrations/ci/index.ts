import { ACCOUNTS } from './accounts.sql';
import { BUILDS } from './builds.sql';
import { LINKS } from './links.sql';
import { REPOSITORIES } from './repositories.sql';
import { SOURCES } from './sources.sql';

/**
 * The CI tables Hub reads and writes, in schema `public`, with Travis' own names and types, so that the same code
 * runs on a real Travis database (D8). Columns that Hub never touches exist where neighbours need them.
 */
export const CI_SCHEMA_UP: readonly string[] = [...ACCOUNTS, ...REPOSITORIES, ...SOURCES, ...BUILDS, ...LINKS];

/** Names of all CI tables, in the order they are created. */
export const CI_TABLES: readonly string[] = CI_SCHEMA_UP.flatMap(
  (statement) => /^CREATE TABLE public\.(\w+)/.exec(statement)?.[1] ?? [],
);

/** Drops exactly what {@link CI_SCHEMA_UP} creates. */
export const CI_SCHEMA_DOWN: readonly string[] = [
  // One statement, because tables refer to one another in circles.
  `DROP TABLE ${CI_TABLES.map((table) => `public.${table}`).join(', ')}`,
  `DROP FUNCTION public.set_updated_at()`,
  `DROP FUNCTION public.set_unique_number()`,
  `DROP SEQUENCE public.shared_builds_tasks_seq`,
];
