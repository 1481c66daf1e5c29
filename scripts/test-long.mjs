/**
 * `npm run test:long [-- arguments of Jest]`: the suites that take minutes (crashes, fuzzing, several server versions).
 * Ends with the line `N passed, N failed`.
 */
import { ensureDependencies } from './lib/dependencies.mjs';
import { build } from './lib/build.mjs';
import { runJest } from './lib/jest.mjs';
import { red, runScript, say } from './lib/say.mjs';
import { withServices } from './lib/services.mjs';

await runScript(async () => {
  await ensureDependencies();
  // These suites kill and restart Hub as its own process, from dist/.
  await build();
  const args = ['--config', 'jest.long.config.js', ...process.argv.slice(2)];
  const { passed, failed, problems } = await withServices((services) => runJest(args, services), { redis: true });
  for (const problem of problems) say(red(problem));
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
