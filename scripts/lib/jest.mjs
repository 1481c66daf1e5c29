import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode } from './children.mjs';
import { warn } from './say.mjs';
import { findTestPrograms } from './test-programs.mjs';

const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');

/** Where Hub is compiled to, once for all tests of a run: test/support/hub-process.ts. */
const DIST = 'run';
/**
 * How long Jest may go on after its results are written, in milliseconds. A test that leaves something open would
 * keep it for ever; `--forceExit` would hide that.
 */
const EXIT_MS = 20_000;
const LOOK_MS = 500;

/**
 * Runs Jest on the services and counts.
 *
 * @param {string[]} args for Jest
 * @param {import('./services.mjs').Services} services
 * @returns {Promise<{ passed: number, failed: number, skipped: number, problems: string[] }>} a test file that cannot
 *   run, and a Jest that fails or hangs although all tests pass, count as one failure each
 */
export async function runJest(args, services) {
  const results = join(services.guardian.directory, `jest-${process.pid}.json`);
  const programs = await findTestPrograms(services.guardian.directory);
  for (const { title, name, why } of programs) if (why) warn(`No ${title}: ${why}. Install ${name}.`);
  // Two keep two cores busy; a third made tests wait for a core that mind how long things take. Without private virtual
  // hosts they share one, and must not meet.
  const workers = services.rabbitmqAdmin ? '2' : '1';
  for (const mark of ['compiled', 'compiling']) {
    rmSync(join(ROOT, '.cache/test-dist', `${DIST}.${mark}`), { recursive: true, force: true });
  }
  const ended = new AbortController();
  const signal = AbortSignal.any([services.signal, ended.signal]);
  const stopWatching = watchForHang(results, () => ended.abort());
  const { code } = await runNode(JEST, [`--maxWorkers=${workers}`, '--json', `--outputFile=${results}`, ...args], {
    env: { ...testEnvironment(services), ...namesOf(programs), HUB_TEST_DIST: DIST },
    signal,
    quiet: 'stdout',
  });
  stopWatching();
  return count(results, code, ended.signal.aborted);
}

/** Tests find each program by a variable of its name, which is empty when there is none. */
function namesOf(programs) {
  return Object.fromEntries(programs.map(({ name, program = '' }) => [`HUB_TEST_${name.toUpperCase()}`, program]));
}

/** What tests and vectors find their servers by. */
export function testEnvironment({ databaseUrl, rabbitmqUrl, rabbitmqAdmin, redisUrl }) {
  return {
    HUB_TEST_DATABASE_URL: databaseUrl,
    HUB_TEST_RABBITMQ_URL: rabbitmqUrl ?? '',
    HUB_TEST_RABBITMQ_ADMIN: rabbitmqAdmin ?? '',
    HUB_TEST_REDIS_URL: redisUrl ?? '',
  };
}

function watchForHang(results, onHang) {
  let limit;
  const look = setInterval(() => {
    if (!existsSync(results)) return;
    clearInterval(look);
    limit = setTimeout(onHang, EXIT_MS);
  }, LOOK_MS);
  return () => {
    clearInterval(look);
    clearTimeout(limit);
  };
}

function count(results, code, hung) {
  if (!existsSync(results)) return { passed: 0, failed: 1, skipped: 0, problems: ['Jest ran no tests'] };
  const found = JSON.parse(readFileSync(results, 'utf8'));
  const problems = [];
  if (hung) problems.push('Jest did not end by itself: a test leaves something open (try --detectOpenHandles)');
  const failed = found.numFailedTests + found.numRuntimeErrorTestSuites;
  if (code !== 0 && failed === 0 && !hung) problems.push(`Jest ended with code ${code}`);
  return {
    passed: found.numPassedTests,
    failed: failed + problems.length,
    skipped: found.numPendingTests + found.numTodoTests,
    problems,
  };
}
