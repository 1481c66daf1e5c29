import { ConfigError, loadDatabaseConfig } from '../config';
import { describeFailure } from './errors';
import { migrate } from './migrate';

/** `npm run migrate`: brings the database up to date, says what ran, and ends with 1 and one sentence if it cannot. */
async function main(): Promise<void> {
  try {
    const done = await migrate(loadDatabaseConfig());
    const names = done.map(({ name }) => name).join(', ');
    process.stdout.write(names === '' ? 'Nothing to migrate.\n' : `Migrated: ${names}.\n`);
  } catch (error) {
    process.stderr.write(
      `${error instanceof ConfigError ? error.message : `Not migrated: ${describeFailure(error)}`}\n`,
    );
    process.exitCode = 1;
  }
}

void main();
