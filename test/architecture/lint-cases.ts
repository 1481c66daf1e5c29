/** A text that a rule must report, and a twin of it that the rule must leave alone. */
export interface LintCase {
  readonly rule: string;
  /** Part of the message: what to do instead. */
  readonly hint: string;
  readonly path: string;
  readonly bad: string;
  /** The legal twin, in the same file unless `goodPath` names another. */
  readonly good: string;
  readonly goodPath?: string;
}

const ON_EVENT = `import { OnEvent } from '@nestjs/event-emitter';\nexport const it = OnEvent;\n`;
const EMITTER = `import { EventEmitter2 } from '@nestjs/event-emitter';\nexport const it = new EventEmitter2();\n`;
const MODULE = `import { EventEmitterModule } from '@nestjs/event-emitter';\nexport const it = EventEmitterModule;\n`;
const ENV = `export const it = process.env;\n`;
const ANY_FILE = 'src/contracts/states.ts';
const test = (body: string): string => `it('does', async () => {\n${body}\n});\n`;

export const CASES: readonly LintCase[] = [
  { rule: 'no-restricted-imports', hint: 'src/events', path: 'src/jobs/a.ts', bad: ON_EVENT, good: MODULE },
  { rule: 'no-restricted-imports', hint: 'src/events', path: 'src/events/a.ts', bad: ON_EVENT, good: EMITTER },
  { rule: 'no-restricted-imports', hint: 'swallowed', path: 'src/jobs/a.spec.ts', bad: ON_EVENT, good: MODULE },
  { rule: 'no-restricted-imports', hint: 'EventBus', path: 'src/jobs/a.ts', bad: EMITTER, good: MODULE },
  {
    rule: 'no-restricted-imports',
    hint: 'EventBus',
    path: 'src/builds/a.ts',
    bad: `import { EventEmitter2 } from 'eventemitter2';\nexport const it = EventEmitter2;\n`,
    good: `import { EventEmitter } from 'node:events';\nexport const it = EventEmitter;\n`,
  },
  {
    rule: 'no-restricted-properties',
    hint: 'inject CONFIG',
    path: 'src/main.ts',
    bad: ENV,
    good: ENV,
    goodPath: 'src/config/a.ts',
  },
  {
    rule: 'no-restricted-properties',
    hint: 'CONFIG',
    path: 'src/api/a.ts',
    bad: ENV,
    good: ENV,
    goodPath: 'ormconfig.ts',
  },
  {
    rule: 'no-restricted-properties',
    hint: 'CONFIG',
    path: 'src/events/a.ts',
    bad: `export const { env } = process;\n`,
    good: ENV,
    goodPath: 'bench/a.ts',
  },
  {
    rule: 'no-restricted-imports',
    hint: 'CONFIG',
    path: 'src/events/b.ts',
    bad: `import { env } from 'node:process';\nexport const it = env;\n`,
    good: `import { pid } from 'node:process';\nexport const it = pid;\n`,
  },
  {
    rule: 'no-restricted-syntax',
    hint: 'now: Date',
    path: 'src/jobs/domain/a.ts',
    bad: 'export const it = (): Date => new Date();\n',
    good: 'export const it = (text: string): Date => new Date(text);\n',
  },
  {
    rule: 'no-restricted-properties',
    hint: 'now: Date',
    path: 'src/builds/domain/deep/a.ts',
    bad: 'export const it = (): number => Date.now();\n',
    good: 'export const it = (now: Date): number => now.getTime();\n',
  },
  {
    rule: 'no-restricted-properties',
    hint: 'random number',
    path: 'src/notifications/domain/a.ts',
    bad: 'export const it = (): number => Math.random();\n',
    good: 'export const it = (random: number): number => Math.round(random);\n',
  },
  {
    rule: 'no-restricted-globals',
    hint: 'return a decision',
    path: 'src/notifications/domain/b.ts',
    bad: 'export const it = (): unknown => setTimeout(Object, 1);\n',
    good: 'export const it = (): unknown => setTimeout(Object, 1);\n',
    goodPath: 'src/notifications/b.ts',
  },
  ...['@nestjs/common', 'typeorm', '@nestjs/typeorm'].map((name) => ({
    rule: 'no-restricted-imports',
    hint: 'no framework',
    path: 'src/jobs/domain/b.ts',
    bad: `import * as it from '${name}';\nexport { it };\n`,
    good: `import * as it from '${name}';\nexport { it };\n`,
    goodPath: 'src/jobs/b.ts',
  })),
  {
    rule: 'no-restricted-syntax',
    hint: 'when it is missing',
    path: 'src/jobs/c.ts',
    bad: `export const it = new Map([[1, 2]]).get(1)!;\n`,
    good: `export const it = [1, 2][1]!;\n`,
  },
  {
    rule: 'no-console',
    hint: 'console',
    path: 'src/jobs/d.ts',
    bad: `console.log(1);\n`,
    good: `console.log(1);\n`,
    goodPath: 'scripts/d.mjs',
  },
  {
    rule: 'no-undef',
    hint: 'conosle',
    path: 'scripts/e.mjs',
    bad: `conosle.log(1);\n`,
    good: `console.log(process.pid);\n`,
  },
  {
    rule: '@typescript-eslint/no-floating-promises',
    hint: 'await',
    path: ANY_FILE,
    bad: `const f = async (): Promise<void> => {};\nf();\n`,
    good: `const f = async (): Promise<void> => {};\nvoid f();\n`,
  },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    hint: '"b"',
    path: ANY_FILE,
    bad: `export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n}\n`,
    good: `export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n    case 'b':\n      return 1;\n  }\n}\n`,
  },
  {
    rule: '@typescript-eslint/consistent-type-imports',
    hint: 'import type',
    path: ANY_FILE,
    bad: `import { Server } from 'node:http';\nexport type It = Server;\n`,
    // Nest injects by this import: turning it into a type would break the program.
    good: `import { Injectable } from '@nestjs/common';\nimport { Server } from 'node:http';\n\n@Injectable()\nexport class It {\n  constructor(readonly server: Server) {}\n}\n`,
  },
  {
    rule: 'jest/expect-expect',
    hint: 'no assertions',
    path: 'test/e2e/a.spec.ts',
    bad: test(`await request(app).get('/');`),
    good:
      test(`await request(app).get('/').expect(200);`) + `it('waits', async () => {\n  await eventually(probe);\n});\n`,
  },
  {
    rule: 'jest/no-focused-tests',
    hint: 'focused',
    path: 'src/jobs/e.spec.ts',
    bad: test('expect(1).toBe(1);').replace('it(', 'it.only('),
    good: test('expect(1).toBe(1);'),
  },
  {
    rule: 'jest/no-disabled-tests',
    hint: 'skipped',
    path: 'src/jobs/e.spec.ts',
    bad: test('expect(1).toBe(1);').replace('it(', 'it.skip('),
    good: test('expect(1).toBe(1);'),
  },
  {
    rule: 'no-restricted-syntax',
    hint: 'eventually',
    path: 'test/e2e/b.spec.ts',
    bad: test(`await new Promise((resolve) => setTimeout(resolve, 100));\nexpect(1).toBe(1);`),
    good: test(`await eventually(() => {\n  expect(1).toBe(1);\n});`),
  },
  {
    rule: 'no-restricted-imports',
    hint: 'eventually',
    path: 'test/e2e/b.spec.ts',
    bad: `import { setTimeout } from 'node:timers/promises';\n` + test(`await setTimeout(1);\nexpect(1).toBe(1);`),
    good: `import { setImmediate } from 'node:timers/promises';\n` + test(`await setImmediate();\nexpect(1).toBe(1);`),
  },
];
