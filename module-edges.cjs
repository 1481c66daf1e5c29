/**
 * Who may know whom among the folders of src/: one row per folder, naming the folders it may import.
 *
 * The order follows the flow: a folder imports only what stands above it. A new folder needs a row here before anything
 * else works; test/architecture/boundaries.spec.ts compares the table with the disk.
 */

/**
 * Libraries: small folders without behaviour of their own, whose files are their interface, so everybody may import any
 * file. All other folders are modules: outsiders import their index.ts and nothing else.
 */
const LIBRARIES = ['contracts', 'config', 'logging', 'metrics', 'database', 'http', 'redis'];

/** @type {Record<string, readonly string[]>} */
const EDGES = {
  contracts: [],
  config: ['contracts'],
  logging: ['contracts', 'config'],
  metrics: ['contracts', 'config', 'logging'],
  database: ['contracts', 'config', 'logging', 'metrics'],
  http: ['contracts', 'config', 'logging', 'metrics'],
  redis: ['contracts', 'config', 'logging'],

  'unit-of-work': [...LIBRARIES],
  events: [...LIBRARIES, 'unit-of-work'],
  // Jobs and builds meet on the event bus only (D4): neither may know the other.
  jobs: [...LIBRARIES, 'unit-of-work', 'events'],
  builds: [...LIBRARIES, 'unit-of-work', 'events'],
  // What must leave is written in the transaction of the change that causes it (D10).
  deliveries: [...LIBRARIES, 'unit-of-work'],
  intake: [...LIBRARIES, 'unit-of-work', 'events', 'jobs', 'builds', 'deliveries'],

  notifications: [...LIBRARIES, 'events', 'deliveries'],
  workers: [...LIBRARIES, 'deliveries'],
  // What it finds wrong is mended on the way of a message.
  doctor: [...LIBRARIES, 'intake'],
  // A stale job is errored like by any message.
  sweeper: [...LIBRARIES, 'intake', 'doctor'],

  // A build created over HTTP is recorded like one that a message created.
  api: [...LIBRARIES, 'unit-of-work', 'events', 'jobs', 'builds', 'intake'],
  // Readiness asks the database and the consumers (intake).
  health: [...LIBRARIES, 'intake'],

  // Checks a Hub from outside, so it knows nothing of its inside.
  simulate: ['contracts', 'config'],

  // A program of its own beside a running Hub. It may know everything; nobody knows it.
  cli: [...LIBRARIES, 'events', 'deliveries', 'intake', 'workers', 'api', 'doctor', 'simulate', 'notifications'],
};

/** Files directly below src/. They wire everything together, so they may import every library and every barrel. */
const ROOT_FILES = ['main.ts', 'app.module.ts'];

/** Files directly below src/ that import nothing of ours, so every folder with neighbours may import them. */
const LEAVES = ['faults.ts'];

module.exports = { LIBRARIES, EDGES, ROOT_FILES, LEAVES };
