import { borrowBroker } from './rabbitmq-borrowed.mjs';
import { debianBroker } from './rabbitmq-debian.mjs';
import { installedBroker } from './rabbitmq-installed.mjs';
import { startPrivateBroker } from './rabbitmq-private.mjs';
import { warn } from './say.mjs';

const LOCAL = 'amqp://guest:guest@127.0.0.1:5672';

/**
 * @typedef {object} Broker
 * @property {string} url
 * @property {string} describe what it is and why
 * @property {string} [admin] how more virtual hosts can be made: `ctl:<rabbitmqctl>` or an http(s) URL
 * @property {() => Promise<void>} stop
 */

/**
 * A RabbitMQ for trying and testing (D13), where nobody's messages can be met: a private virtual host of a running
 * broker, else a private broker from programs that are installed, else from Debian's packages, unpacked.
 *
 * SERVICES_WITHOUT (a list of `found`, `installed`, `debian`) leaves ways out, to try the others.
 *
 * @param {import('./guardian.mjs').Guardian} guardian removes it at the end
 * @returns {Promise<{ broker?: Broker, why: string }>} without a broker, `why` says what was tried
 * @throws {import('./say.mjs').PlainError} when RABBITMQ_URL is set and nothing answers there
 */
export async function startRabbitmq(guardian) {
  const left = (process.env.SERVICES_WITHOUT ?? '').split(',');
  const given = process.env.RABBITMQ_URL;
  const tried = [];
  const ways = [
    ['found', () => borrowBroker(guardian, given ?? LOCAL, { given: given !== undefined })],
    ['installed', () => startFrom(guardian, installedBroker())],
    ['debian', async () => startFrom(guardian, await debianBroker())],
    ['given', () => given && borrowBroker(guardian, given, { given: true, sharedVhost: true })],
  ];
  for (const [name, way] of ways) {
    if (left.includes(name)) continue;
    const { broker, why } = (await way()) || {};
    if (broker) return { broker: { ...broker, describe: [broker.describe, ...because(tried)].join(' ') }, why: '' };
    if (why) tried.push(why);
    if (why && given && name === 'found') warn(`RABBITMQ_URL: ${why}`);
  }
  return { why: tried.join('; ') };
}

/**
 * A private broker, wherever another one runs: one that may be killed.
 *
 * @param {import('./guardian.mjs').Guardian} guardian
 * @returns {Promise<{ broker?: Broker & { kill: () => Promise<void>, start: () => Promise<void> }, why: string }>}
 */
export async function startOwnRabbitmq(guardian) {
  const installed = await startFrom(guardian, installedBroker());
  return installed.broker ? installed : startFrom(guardian, await debianBroker());
}

function because(tried) {
  return tried.length > 0 ? [`(${tried.join('; ')})`] : [];
}

async function startFrom(guardian, { programs, why }) {
  if (!programs) return { why };
  return startPrivateBroker(guardian, programs);
}
