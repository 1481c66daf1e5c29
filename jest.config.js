const { readFileSync, existsSync } = require('node:fs');
const { join } = require('node:path');

/**
 * The installed packages written as ES modules, Nest 12 among them.
 *
 * Node >= 20.19 can require() them at run time, but Jest can only do that on Node >= 24.9, so SWC rewrites them to
 * CommonJS for tests. Read from the lock file instead of kept by hand: each new ESM library broke a hand-kept list.
 *
 * @returns {string[]} folders below node_modules, such as `@nestjs/core`
 */
function esmPackages() {
  const { packages } = JSON.parse(readFileSync(join(__dirname, 'package-lock.json'), 'utf8'));
  return Object.keys(packages)
    .filter((folder) => folder.startsWith('node_modules/') && isEsm(join(__dirname, folder, 'package.json')))
    .map((folder) => folder.slice('node_modules/'.length));
}

/** Optional packages of other platforms are in the lock file but not on disk. */
function isEsm(manifest) {
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
}

const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const commonjs = { module: { type: 'commonjs' }, sourceMaps: 'inline' };
const typescript = {
  ...commonjs,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    // Nest injects and TypeORM maps by the types that decorators see.
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
};
// ESM packages may hold CommonJS files too (a `cjs` folder); `unknown` lets each file say what it is.
const javascript = { ...commonjs, isModule: 'unknown', jsc: { parser: { syntax: 'ecmascript' }, target: 'es2022' } };

const untouched = `/node_modules/(?!(${esmPackages().map(escapeRegExp).join('|')})/)`;

/**
 * One ring of tests.
 *
 * @param {string} displayName name printed beside each result, and for `jest --selectProjects`
 * @param {string[]} testMatch globs below the project's root
 */
const ring = (displayName, ...testMatch) => ({
  displayName,
  testMatch: testMatch.map((glob) => `<rootDir>/${glob}`),
  rootDir: __dirname,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testPathIgnorePatterns: ['/node_modules/', '/fixtures/'],
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: { '\\.ts$': ['@swc/jest', typescript], '\\.m?js$': ['@swc/jest', javascript] },
  transformIgnorePatterns: [untouched],
  setupFiles: ['reflect-metadata', '<rootDir>/test/support/quiet.ts'],
});

/** @type {import('jest').Config} */
module.exports = {
  // Jest reads the timeout here only, never in a project: long enough for real services on a busy machine.
  testTimeout: 30_000,
  testSequencer: join(__dirname, 'scripts/lib/longest-first.cjs'),
  projects: [
    ring('unit', 'src/**/*.spec.ts', 'test/chaos/**/*.spec.ts'),
    ring('architecture', 'test/architecture/**/*.spec.ts', 'test/contract/**/*.spec.ts'),
    ring('integration', 'test/integration/**/*.spec.ts'),
    ring('e2e', 'test/e2e/**/*.spec.ts'),
  ],
};
