import { setTimeout as delay } from 'node:timers/promises';
import { dim, red, say, secondsSince, warn } from '../lib/say.mjs';
import { BUILDS, BUILDS_WITHOUT_WORKERS } from './builds.mjs';
import { differences } from './compare.mjs';
import { Fleet } from './fleet.mjs';
import { HubProcess } from './hub.mjs';
import { line } from './lines.mjs';
import { Receiver } from './receiver.mjs';
import { StagePlay } from './stage-play.mjs';
import { printAddresses, printHub, printTable } from './summary.mjs';
import { Watch } from './watch.mjs';

/** How long the scripted builds may take, in milliseconds; they need about 5 s. */
const PATIENCE_MS = 45_000;
const BETWEEN_BUILDS_MS = 120;
const LOOK_EVERY_MS = 100;
const TRICKLE_MS = 6_000;

/**
 * The whole demo, with servers there: starts Hub, plays, compares, and plays on until somebody stops it.
 *
 * @param {import('../lib/services.mjs').Services} services
 * @param {object} options
 * @param {boolean} options.once end when the script is over
 * @param {{ exitCode?: number }} options.ended gets the exit code as soon as it is known
 * @returns {Promise<number>} the exit code
 */
export async function playDemo(services, { once, ended }) {
  const parts = { services, closing: [] };
  try {
    await setUp(parts);
    const results = await Promise.race([playScript(parts), trouble(parts)]);
    printTable(results);
    printHub(parts.hub);
    ended.exitCode = results.every((result) => result.differences.length === 0) ? 0 : 1;
    if (!once) {
      printAddresses(parts.hub);
      say(dim('A build every few seconds from here on. Ctrl-C ends it.'));
      await Promise.race([trickle(parts), trouble(parts)]);
    }
    if (!(await stopCleanly(parts))) ended.exitCode = 1;
    return ended.exitCode;
  } catch (error) {
    // That Hub is gone explains what else failed.
    throw (await parts.hub?.whyGone()) ?? error;
  } finally {
    for (const close of parts.closing.reverse()) await close().catch(() => undefined);
  }
}

async function setUp(parts) {
  const { services } = parts;
  say('Starting Hub …');
  const hub = (parts.hub = await HubProcess.start(services));
  parts.closing.push(() => hub.stop());
  say(`Hub is ready at ${hub.url} (${(hub.readyMs / 1_000).toFixed(1)} s, with migrations).`);
  let key;
  const receiver = (parts.receiver = await Receiver.start({
    secret: hub.webhookSecret,
    fetchKey: async () => (key ??= (await hub.api.get('/config')).config.notifications.webhook.public_key),
    onCall: (call) => parts.play.onWebhook(call),
  }));
  parts.closing.push(() => receiver.stop());
  say(`A receiver of webhooks listens at ${receiver.url} and checks both signatures.`);
  parts.fleet = await startFleet(services);
  if (parts.fleet) parts.closing.push(() => parts.fleet.stop());
  parts.play = new StagePlay({ api: hub.api, fleet: parts.fleet, receiver });
  parts.watch = await Watch.start(services.databaseUrl, (event) => parts.play.onEvent(event));
  parts.closing.push(() => parts.watch.stop());
}

async function startFleet({ rabbitmqUrl }) {
  if (!rabbitmqUrl) {
    warn('Without a broker no worker can report: only what the HTTP API does alone is played.');
    return undefined;
  }
  const fleet = await Fleet.start(rabbitmqUrl, ({ job, text }) => line(job.build, `job ${job.number}`, text));
  say('Four workers listen on the broker.');
  return fleet;
}

/** Rejects when something that must go on has ended. */
function trouble({ hub, watch, fleet }) {
  const never = new Promise(() => undefined);
  const ended = hub.exited.then(async () => Promise.reject(await hub.whyGone()));
  return Promise.race([ended, hub.api.failed, watch.lost.then(() => never), fleet?.lost ?? never]);
}

async function playScript(parts) {
  const { services, play, fleet } = parts;
  const script = fleet ? BUILDS : BUILDS_WITHOUT_WORKERS;
  say('');
  const start = performance.now();
  const seen = [];
  for (const played of script) {
    services.signal.throwIfAborted();
    seen.push(await play.create(played));
    await delay(BETWEEN_BUILDS_MS);
  }
  await untilOver(parts, seen);
  say(dim(`\nPlayed in ${secondsSince(start)}; nothing is under way any more.`));
  const results = [];
  for (const one of seen) results.push(await compare(parts, one));
  return results;
}

async function compare({ hub }, { id, number, played, events, jobs, webhooks }) {
  const api = await hub.api.get(`/api/builds/${id}`);
  const got = { api, events, jobEvents: jobs.map((job) => job.events), webhooks };
  return { number, played, got, differences: differences(played, got) };
}

/** Waits until everything has come that should, and nothing is under way that could still come. */
async function untilOver(parts, seen) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    parts.services.signal.throwIfAborted();
    if (seen.every(isComplete) && (await isQuiet(parts))) return;
    if (Date.now() > deadline) return void say(red(`Not everything has come after ${PATIENCE_MS / 1_000} s.`));
    await delay(LOOK_EVERY_MS);
  }
}

function isComplete({ played, events, jobs, webhooks }) {
  const count = (text) => text.split(' ').length;
  return (
    events.length >= count(played.events) &&
    jobs.every((job) => job.events.length >= count(job.played.events)) &&
    webhooks.length >= count(played.webhooks)
  );
}

async function isQuiet({ hub, fleet, watch }) {
  if (fleet && (!fleet.idle || (await fleet.queueDepth()) > 0)) return false;
  if ((await watch.open()) > 0) return false;
  const metrics = await hub.api.get('/metrics');
  return !/^hub_messages_in_flight [1-9]/m.test(metrics);
}

/** Goes on with builds, one every few seconds, until somebody stops us. */
async function trickle({ services, play, fleet }) {
  const { signal } = services;
  const script = fleet ? BUILDS : BUILDS_WITHOUT_WORKERS;
  for (let nth = 0; !signal.aborted; nth++) {
    const { id } = await play.create(script[nth % script.length]);
    setTimeout(() => play.forget(id), 60_000).unref();
    await delay(TRICKLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Stops Hub before its servers, as one would; an unclean end counts as a failure. */
async function stopCleanly({ hub, fleet }) {
  await fleet?.stop();
  const { how, ms } = await hub.stop();
  const clean = how === 'code 0';
  const text = `Hub stopped ${clean ? 'cleanly' : `with ${how}`} in ${(ms / 1_000).toFixed(1)} s.`;
  say(clean ? text : red(`${text} The end of its log:\n${hub.tail()}`));
  return clean;
}
