import { parseArgs } from 'node:util';
import { compile } from './demo/compile.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { dim, Interrupted, PlainError, runScript, say } from './lib/say.mjs';
import { withServices } from './lib/services.mjs';

/**
 * `npm run demo`: sets everything up, starts the real Hub and plays a CI system around it: a scheduler, workers on the
 * broker, somebody who receives webhooks. Runs on until Ctrl-C.
 *
 * With `-- --once` it ends by itself: exit code 0 when every job, build, event and webhook was as scripted, else 1.
 */
await runScript(async () => {
  const { once } = readArguments();
  await ensureDependencies();
  await compile();
  // What uses installed packages can only be loaded now.
  const { playDemo } = await import('./demo/play-demo.mjs');
  const ended = {};
  try {
    return await withServices((services) => playDemo(services, { once, ended }));
  } catch (error) {
    if (!(error instanceof Interrupted) || ended.exitCode === undefined) throw error;
    say(dim('Stopped. Nothing is left running.'));
    return ended.exitCode;
  }
});

function readArguments() {
  try {
    return parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new PlainError(`${error.message}\nUse: npm run demo [-- --once]`);
  }
}
