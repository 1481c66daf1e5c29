import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * `npm run -s hub -- <command>`: the command line (src/cli). In a checkout it is built first if need be; the image holds
 * only this file and dist/.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/src/cli/main.js');

if (!isCurrent()) await build();
if (process.exitCode === undefined) await import(pathToFileURL(MAIN).href);

/** What was built is newer than every source. Where there are no sources there is nothing to compare. */
function isCurrent() {
  const sources = join(ROOT, 'src');
  if (!existsSync(sources)) return true;
  if (!existsSync(MAIN) || !existsSync(join(ROOT, 'node_modules'))) return false;
  const built = statSync(MAIN).mtimeMs;
  return readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .every((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs <= built);
}

async function build() {
  const { runScript } = await import('./lib/say.mjs');
  const { ensureDependencies } = await import('./lib/dependencies.mjs');
  const { compile } = await import('./demo/compile.mjs');
  // Standard output is for what the command says.
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  await runScript(async () => {
    await ensureDependencies();
    await compile();
  });
  process.stdout.write = write;
}
