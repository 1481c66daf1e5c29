/**
 * `npm run bench [-- --help]`: measures Hub on a real PostgreSQL and RabbitMQ, which it finds or starts as the demo
 * does (bench/main.ts says what is measured). With `--json` nothing but the result is written to standard output.
 */
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ROOT, runNode } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { testEnvironment } from './lib/jest.mjs';
import { runScript } from './lib/say.mjs';
import { withServices } from './lib/services.mjs';

const args = process.argv.slice(2);
// What the scripts say on the way is for people; main.ts has a standard output of its own.
if (args.includes('--json')) process.stdout.write = process.stderr.write.bind(process.stderr);

await runScript(async () => {
  await ensureDependencies();
  await build();
  const main = join(ROOT, 'dist/bench/main.js');
  if (args.includes('--help') || args.includes('-h')) return (await runNode(main, args)).code;
  return withServices(async (services) => {
    // A folder that is removed even when we are killed.
    const env = { ...testEnvironment(services), HUB_BENCH_DIRECTORY: services.guardian.directory };
    return (await runNode(main, args, { env, signal: services.signal })).code;
  });
});
