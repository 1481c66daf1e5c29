/**
 * `npm run vectors -- FILE.jsonl … [--via direct|amqp]`: replays recorded traces on a real PostgreSQL and RabbitMQ,
 * which it finds or starts, and compares (test/vectors/main.ts). Its exit code is passed on.
 */
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ROOT, runNode } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { testEnvironment } from './lib/jest.mjs';
import { runScript } from './lib/say.mjs';
import { withServices } from './lib/services.mjs';

await runScript(async () => {
  await ensureDependencies();
  await build();
  return withServices(async (services) => {
    const { code } = await runNode(join(ROOT, 'dist/test/vectors/main.js'), process.argv.slice(2), {
      // Paths are the caller's: npm changes to the project's folder, and says where it was called.
      cwd: process.env.INIT_CWD,
      env: testEnvironment(services),
      signal: services.signal,
    });
    return code;
  });
});
