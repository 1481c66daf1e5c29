const { join } = require('node:path');

const { LIBRARIES, EDGES, LEAVES } = require('./module-edges.cjs');

const anyOf = (folders) => `(?:${folders.join('|')})`;
const folders = Object.keys(EDGES);
const modules = folders.filter((folder) => !LIBRARIES.includes(folder));

const LEAF = `^src/${anyOf(LEAVES.map((file) => file.replaceAll('.', '\\.')))}$`;
const MODULE_FILE = `^src/${anyOf(modules)}/`;
const BARREL = '^src/[^/]+/index\\.ts$';
const SPEC = '\\.spec\\.ts$';
/** There is one data source, so one list of entities; each entity lives with the module that owns it. */
const ENTITY_LIST = '^src/database/schema\\.ts$';

/**
 * A rule for the code that ships. Specs beside it are free: they may plant what they need and import test tools.
 *
 * @param {string} name what is reported
 * @param {string} comment what to do instead
 * @param {{ path?: string, pathNot?: string[] }} from who is bound by the rule
 * @param {object} to what they may not import
 */
const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { ...from, pathNot: [SPEC, ...(from.pathNot ?? [])] },
  to,
});

const edgeRules = Object.entries(EDGES).map(([folder, neighbours]) =>
  forbid(
    `edges-of-${folder}`,
    `src/${folder} may import ${neighbours.join(', ') || 'no other folder'}. ` +
      'Publish an event, pass the thing in, or argue for a new edge in module-edges.cjs.',
    { path: `^src/${folder}/`, pathNot: [ENTITY_LIST] },
    { path: '^src/', pathNot: [`^src/${anyOf([folder, ...neighbours])}/`, ...(neighbours.length > 0 ? [LEAF] : [])] },
  ),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'every-folder-has-a-row',
      'Say in module-edges.cjs what this folder may import.',
      { path: '^src/[^/]+/', pathNot: [`^src/${anyOf(folders)}/`] },
      {},
    ),
    ...edgeRules,
    forbid(
      'leaves-import-nothing',
      'A file that everybody may import can know nobody: pass in what it needs.',
      { path: LEAF },
      { path: '^src/' },
    ),
    forbid(
      'module-internals-are-private',
      "Import the module's index.ts; export there what others need.",
      { path: '^src/([^/]+)/', pathNot: [ENTITY_LIST] },
      { path: MODULE_FILE, pathNot: ['^src/$1/', BARREL] },
    ),
    forbid(
      'entity-list-names-entities',
      'src/database/schema.ts is the one file below the modules that looks up to them, for their entities only.',
      { path: ENTITY_LIST },
      { path: '^src/', pathNot: ['\\.entity\\.ts$', '^src/database/'] },
    ),
    forbid(
      'outsiders-use-the-barrel',
      "main.ts, app.module.ts and ormconfig.ts see a module's index.ts only.",
      { pathNot: ['^src/[^/]+/', '^(?:test|bench|scripts)/', 'node_modules'] },
      { path: MODULE_FILE, pathNot: [BARREL] },
    ),
    forbid(
      'domain-is-pure',
      'Domain code is tables and folds: pass in what it needs, time included.',
      { path: '^src/.+/domain/' },
      { pathNot: ['^src/.+/domain/', '^src/contracts/'] },
    ),
    forbid(
      'channels-see-only-the-contract',
      'A channel is one file or one folder: it gets what it needs through ChannelDeps.',
      { path: '^src/notifications/channels/([^/]+)' },
      {
        path: '^src/',
        pathNot: [
          '^src/notifications/channels/$1/',
          '^src/notifications/channel\\.ts$',
          '^src/notifications/channel-deps\\.ts$',
          '^src/contracts/',
        ],
      },
    ),
    forbid(
      'no-own-barrel',
      'Inside a folder import the file itself: the barrel is for outsiders, and makes cycles.',
      { path: '^src/([^/]+)/' },
      { path: '^src/$1/index\\.ts$' },
    ),
    // Types count too: two files that need each other's types are one concept, or hide a third.
    forbid('no-cycles', 'Move what both need into a file of its own.', {}, { circular: true }),
    forbid('no-spec-in-main', 'A spec is not a library.', { path: '^(?:src|ormconfig)' }, { path: SPEC }),
    forbid(
      'no-test-in-main',
      'What ships may not need what does not: move it to src/.',
      { path: '^(?:src/|ormconfig)' },
      { path: '^(?:test|bench|scripts)/' },
    ),
    forbid(
      'not-to-dev-dep',
      'npm ci --omit=dev leaves this package out: make it a dependency.',
      { path: '^(?:src/|ormconfig)' },
      // Types are gone after compiling.
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'not-to-undeclared-package',
      'This package is here by chance, through another one: npm install it.',
      { path: '^(?:src/|ormconfig)' },
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    // Or type-only imports escape.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.json') },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'import', 'types'] },
  },
};
