/**
 * `npm run fuzz -- [--inputs N] [--seed N]`: throws hostile messages at the decoders (test/fuzz/main.ts). A short run, and
 * what comes over HTTP and through a broker, is part of `npm test`. Its exit code is passed on.
 */
import { join } from 'node:path';
import { build } from './lib/build.mjs';
import { ROOT, runNode } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { runScript } from './lib/say.mjs';

await runScript(async () => {
  await ensureDependencies();
  await build();
  const { code } = await runNode(join(ROOT, 'dist/test/fuzz/main.js'), process.argv.slice(2));
  return code;
});
