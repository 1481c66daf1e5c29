import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CONNECTION_SETTINGS } from '../src/database/settings';
import { ROOT } from './child';
import type { Schema, Traffic } from './options';
import type { SchemaResults } from './results';
import { Scene } from './scene';

const CLIENTS = 8;
const SECONDS = 10;
/** node-pg sends what `simple` does in two steps; `prepared` is what could be had. The better one is the reference. */
const MODES = ['simple', 'prepared'] as const;

/**
 * (b): pgbench with the statements of one message a transaction (pgbench.sql), no broker, no Hub.
 *
 * @throws Error when there is no pgbench on this machine
 */
export function measurePgbench(
  schema: Schema,
  { messages, seed }: Traffic,
): Promise<NonNullable<SchemaResults['pgbench']>> {
  const program = findPgbench();
  if (program === undefined) {
    throw new Error('there is no pgbench on PATH or in /usr/lib/postgresql: install postgresql-contrib or PostgreSQL');
  }
  return Scene.with({ schema }, async (scene) => {
    const { firstJob, jobs } = await scene.addTraffic({ messages, seed });
    const results: { tps: number; mode: string; clients: number }[] = [];
    for (const mode of MODES) {
      const args = [
        '-n',
        '-f',
        join(ROOT, 'bench/pgbench.sql'),
        '-M',
        mode,
        '-c',
        String(CLIENTS),
        '-T',
        String(SECONDS),
      ];
      const variables = ['-D', `first_job=${firstJob}`, '-D', `jobs=${jobs}`, `--random-seed=${seed}`];
      const { stdout } = await promisify(execFile)(program, [...args, ...variables], {
        env: { PATH: process.env.PATH, ...connection(scene.database.url) },
        timeout: (SECONDS + 30) * 1_000,
      });
      const tps = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
      if (!(tps > 0)) throw new Error(`pgbench says no tps:\n${stdout}`);
      results.push({ tps, mode, clients: CLIENTS });
    }
    return results.reduce((a, b) => (b.tps > a.tps ? b : a));
  });
}

function findPgbench(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return folders.map((folder) => join(folder, 'pgbench')).find(executable);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** By environment: a password on the command line could be seen by everybody. With the settings of Hub's connections. */
function connection(text: string): Record<string, string> {
  const url = new URL(text);
  return {
    PGHOST: url.hostname,
    PGPORT: url.port || '5432',
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: url.pathname.slice(1),
    PGOPTIONS: Object.entries(CONNECTION_SETTINGS)
      .map(([name, value]) => `-c ${name}=${String(value).replaceAll(' ', '\\ ')}`)
      .join(' '),
  };
}
