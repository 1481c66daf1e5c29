/**
 * `npm run chaos [-- --seed N --minutes N --replicas N]`: breaks everything around some Hubs and then looks whether
 * anything is lost, wrong, doubled or stuck (test/chaos). On a PostgreSQL and a RabbitMQ of its own, because it kills them.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './lib/build.mjs';
import { ROOT } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { PlainError, runScript, say } from './lib/say.mjs';
import { withOwnServers } from './lib/services.mjs';

await runScript(async () => {
  await ensureDependencies();
  // A test that has compiled everything says where.
  const dist = process.env.HUB_CHAOS_DIST ?? join(ROOT, 'dist');
  if (process.env.HUB_CHAOS_DIST === undefined) await build();
  const { describePlan, readOptions, runChaos, USAGE } = (
    await import(pathToFileURL(join(dist, 'test/chaos/main.js')).href)
  ).default;
  const options = read(readOptions, USAGE);
  if (options.plan) return void describePlan(options).forEach((line) => say(line));
  return withOwnServers(({ postgres, broker }, guardian, signal) =>
    runChaos(options, { postgres, broker, guardian, signal, say }),
  );
});

function read(readOptions, usage) {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    throw new PlainError(`${error.message}\n\n${usage}`);
  }
}
