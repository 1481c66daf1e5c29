/**
 * `npm test`: all static checks and all tests on a real PostgreSQL, RabbitMQ and Redis, which it finds or starts.
 * `npm test -- path …`: only the tests whose paths match (any arguments of Jest), without the static checks.
 *
 * Ends with the line `N passed, N failed`; a static check counts as one. Exit code 0 when nothing failed.
 */
import { run } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { runJest } from './lib/jest.mjs';
import { Interrupted, PlainError, dim, green, red, runScript, say, secondsSince } from './lib/say.mjs';
import { untilStopped, withServices } from './lib/services.mjs';

/** The longest first. */
const CHECKS = ['lint', 'types', 'format:check', 'boundaries'];

await runScript(async () => {
  const args = process.argv.slice(2);
  const total = { passed: 0, failed: 0 };
  try {
    await ensureDependencies();
    const parts = [withServices((services) => runJest(args, services), { redis: true })];
    if (args.length === 0) parts.push(untilStopped(runChecks));
    // All end before we do, also when one fails.
    const ended = await Promise.allSettled(parts);
    for (const { status, value } of ended) if (status === 'fulfilled') add(total, value);
    const broken = ended.find(({ status }) => status === 'rejected');
    if (broken) throw broken.reason;
  } catch (error) {
    // Whatever cannot be run at all has failed; the last line must stand there nevertheless.
    total.failed++;
    say(red(error instanceof PlainError || error instanceof Interrupted ? error.message : error.stack));
    return tell(total, error.exitCode ?? 1);
  }
  return tell(total, total.failed === 0 ? 0 : 1);
});

/** Beside the tests, which wait for servers for a fifth of the time: the checks take what is left then, and end first. */
async function runChecks(signal) {
  const result = { passed: 0, failed: 0 };
  for (const name of CHECKS) if (!signal.aborted) add(result, await runCheck(name, signal));
  return result;
}

async function runCheck(name, signal) {
  const start = performance.now();
  const { code, output } = await run('npm', ['run', '--silent', name], { quiet: true, yielding: true, signal });
  say(`${code === 0 ? green('✓') : red('✗')} ${name} ${dim(secondsSince(start))}`);
  if (code === 0) return { passed: 1, failed: 0 };
  say(output.trimEnd());
  return { passed: 0, failed: 1 };
}

function add(total, { passed, failed, skipped = 0, problems = [] }) {
  total.passed += passed;
  total.failed += failed;
  for (const problem of problems) say(red(problem));
  if (skipped > 0) say(`${skipped} tests are skipped`);
}

function tell({ passed, failed }, exitCode) {
  say(`${passed} passed, ${failed} failed`);
  return exitCode;
}
