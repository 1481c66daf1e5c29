import js from '@eslint/js';
import jest from 'eslint-plugin-jest';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { AMBIENT, BUS, DOMAIN_IMPORTS, EMITTER, ENVIRONMENT, SLEEPS, UNSURE } from './lint-restrictions.mjs';

/** Order matters: of two blocks that set one rule for a file, the later wins as a whole. */
export default defineConfig(
  // Examples are packages of their own, which resolve hub as others do: test/e2e/third-party-channel.spec.ts builds them.
  { ignores: ['dist/', 'coverage/', '.cache/', 'examples/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,

  // Plain JavaScript: the scripts that start things and the tools' settings.
  { files: ['**/*.{js,cjs,mjs}'], languageOptions: { globals: globals.node } },

  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      // Without a default branch every state needs its case; a written default is a decision.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Leaves files with decorators alone: there an import that looks like a type is what Nest injects by.
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],

      // Weakened, and why:
      // Numbers and booleans read well in messages; objects and undefined are what the rule is for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A Nest module is an empty class: its decorator says everything.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // `() => stop()` is how a callback is written, `return done(error);` how one is left early.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An interface says Promise and one implementation has nothing to wait for; async turns its throws to rejections.
      '@typescript-eslint/require-await': 'off',
      // The caller knows the shape of a row: `query<JobRow>(…)` says it once, a cast would say it at every use.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Library types promise too much (`JSON.stringify(undefined)`, optional groups of a regular expression): the rule
      // would have us remove guards that are needed.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // noUncheckedIndexedAccess asks at every index; `rows[0]!` after INSERT … RETURNING is an honest answer. Elsewhere
      // `!` hides a case: UNSURE below forbids it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': ['error', UNSURE],
      // Nest declares its options as classes and is given object literals everywhere.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // tsc reports these too; a leading underscore says "needed by the signature only".
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },

  { files: ['src/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: [...BUS, ...EMITTER] }] } },
  { files: ['src/events/**/*.ts'], rules: { 'no-restricted-imports': ['error', { paths: BUS }] } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/config/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT.property],
      'no-restricted-imports': ['error', { paths: [...BUS, ...EMITTER, ...ENVIRONMENT.paths] }],
    },
  },
  {
    files: ['src/events/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [...BUS, ...ENVIRONMENT.paths] }] },
  },
  {
    files: ['src/**/domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [...BUS, ...EMITTER, ...ENVIRONMENT.paths], patterns: DOMAIN_IMPORTS },
      ],
      'no-restricted-properties': ['error', ENVIRONMENT.property, ...AMBIENT.properties],
      'no-restricted-syntax': ['error', UNSURE, ...AMBIENT.syntax],
      'no-restricted-globals': ['error', ...AMBIENT.globals],
    },
  },

  // People read what these print.
  { files: ['scripts/**', 'bench/**', 'src/cli/**', 'src/cli.ts'], rules: { 'no-console': 'off' } },

  {
    files: ['test/**/*.ts', 'bench/**/*.ts', '**/*.spec.ts'],
    rules: {
      // A wrong guess in a test fails the test, which is what a test is for.
      'no-restricted-syntax': 'off',
      // Bodies of HTTP answers (supertest) and `expect.objectContaining` are `any`.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.spec.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', 'eventually', 'fc.assert', '*.**.expect', '**.expect*'] },
      ],
      'jest/no-focused-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/no-commented-out-tests': 'error',
      // Knows that expect(object.method) does not lose its `this`.
      '@typescript-eslint/unbound-method': 'off',
      'jest/unbound-method': 'error',
      'no-restricted-syntax': ['error', ...SLEEPS.syntax],
      'no-restricted-imports': ['error', { paths: [...BUS, ...SLEEPS.paths] }],
    },
  },
);
