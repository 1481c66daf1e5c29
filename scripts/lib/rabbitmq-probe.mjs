/** What Hub declares on a broker (reference: the worker protocol). */
const QUEUE = 'reporting.jobs.builds';
const EXCHANGES = ['reporting', 'worker.commands'];

const CONNECT_MS = 5_000;

/**
 * Opens an AMQP connection and closes it again.
 *
 * @param {string} url
 * @param {object} [options]
 * @param {boolean} [options.lookForHub] also look whether a queue or exchange of Hub's stands there
 * @returns {Promise<{ ok: boolean, problem?: string, product?: string, version?: string, taken?: string }>}
 */
export async function probe(url, { lookForHub = false } = {}) {
  let connection;
  try {
    connection = await connect(url);
    const { product, version } = connection.connection.serverProperties;
    return { ok: true, product, version, taken: lookForHub ? await firstOfHub(connection) : undefined };
  } catch (error) {
    return { ok: false, problem: error.message || error.code || 'no answer' };
  } finally {
    await connection?.close().catch(() => undefined);
  }
}

/** Deletes what Hub declared. Called by the guardian for a virtual host in which nothing of Hub's stood before. */
export async function deleteTopology({ url }) {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    await channel.deleteQueue(QUEUE);
    for (const exchange of EXCHANGES) await channel.deleteExchange(exchange);
  } finally {
    await connection.close();
  }
}

async function connect(url) {
  const { default: amqp } = await import('amqplib');
  const connection = await amqp.connect(url, { timeout: CONNECT_MS });
  connection.on('error', () => undefined);
  return connection;
}

async function firstOfHub(connection) {
  const looks = [
    [`the queue ${QUEUE}`, (channel) => channel.checkQueue(QUEUE)],
    ...EXCHANGES.map((name) => [`the exchange ${name}`, (channel) => channel.checkExchange(name)]),
  ];
  for (const [what, look] of looks) {
    // A failed look closes its channel.
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    try {
      await look(channel);
      return what;
    } catch (error) {
      if (error.code !== 404) return what;
    }
  }
  return undefined;
}
