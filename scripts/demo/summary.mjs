import { dim, green, red, say } from '../lib/say.mjs';
import { jobsOf } from './builds.mjs';

const READY_BAR_MS = 3_000;
const MEMORY_BAR_MB = 250;
const WIDTHS = { build: 6, what: 44, jobs: 28, expected: 9, got: 9, events: 7, webhooks: 9 };

/**
 * Prints one row per build and, below it, what differs.
 *
 * @param {{ number: string, played: object, got: object, differences: string[] }[]} results
 */
export function printTable(results) {
  say('');
  say(
    dim(
      row({
        build: 'build',
        what: 'what',
        jobs: 'jobs',
        expected: 'expected',
        got: 'got',
        events: 'events',
        webhooks: 'webhooks',
      }),
    ),
  );
  for (const { number, played, got, differences } of results) {
    const jobs = got.api.jobs.map(({ state }) => state).join(' ');
    const events = got.events.length + got.jobEvents.flat().length;
    const ok = differences.length === 0;
    const text = row({
      build: `#${number}`,
      what: played.what,
      jobs: shorten(jobs, WIDTHS.jobs),
      expected: played.ends,
      got: got.api.state,
      events,
      webhooks: got.webhooks.filter(({ problem }) => !problem).length,
    });
    say(`${text}${ok ? green('ok') : red('DIFFERS')}`);
    for (const difference of differences) say(red(`       ${difference}`));
  }
  const jobs = results.flatMap(({ played }) => jobsOf(played)).length;
  const webhooks = results.flatMap(({ got }) => got.webhooks).length;
  const wrong = results.filter(({ differences }) => differences.length > 0).length;
  const verdict = wrong === 0 ? green('all as scripted') : red(`${wrong} not as scripted`);
  const counts = [count(results.length, 'build'), count(jobs, 'job'), `${count(webhooks, 'webhook')} verified`];
  say(`\n${counts.join(', ')}: ${verdict}.`);
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Prints how Hub did. @param {import('./hub.mjs').HubProcess} hub */
export function printHub(hub) {
  const memory = hub.peakMb === undefined ? 'memory unknown here' : `peak memory ${Math.round(hub.peakMb)} MB`;
  const ready = (hub.readyMs / 1_000).toFixed(1);
  say(`Hub was ready after ${ready} s (bar: ${READY_BAR_MS / 1_000} s), ${memory} (bar: ${MEMORY_BAR_MB} MB).`);
}

/** Prints where to look, with the credentials of this demo. */
export function printAddresses({ url, user, password }) {
  say(`
Look at it yourself (user ${user}, password ${password}; both end with this demo):
  API      curl -u ${user}:${password} ${url}/api/builds
           curl -u ${user}:${password} ${url}/api/jobs/1/timeline
  Routes   ${url}/api/openapi.yaml
  Health   ${url}/health/ready
  Metrics  ${url}/metrics
`);
}

function row(cells) {
  return Object.entries(WIDTHS)
    .map(([name, width]) => String(cells[name]).padEnd(width + 1))
    .join('');
}

function shorten(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
