import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, PlantedTree, ROOT, type Violation } from './cruise';

const { LIBRARIES, EDGES, ROOT_FILES } = jest.requireActual<{
  LIBRARIES: string[];
  EDGES: Record<string, string[]>;
  ROOT_FILES: string[];
}>('../../module-edges.cjs');
const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>('../../.dependency-cruiser.cjs');

interface Case {
  readonly rule: string;
  /** Importing file, what it must not import, and what it may. */
  readonly from: string;
  readonly bad: string;
  readonly good: string;
}

const CASES: readonly Case[] = [
  { rule: 'every-folder-has-a-row', from: 'src/forgotten/a.ts', bad: 'shipped', good: '' },
  {
    rule: 'module-internals-are-private',
    from: 'src/intake/batcher.ts',
    bad: 'src/jobs/jobs.service.ts',
    good: 'src/jobs/index.ts',
  },
  {
    rule: 'module-internals-are-private',
    from: 'src/api/builds.controller.ts',
    bad: 'src/builds/domain/roll-up.ts',
    good: 'src/database/transaction.ts',
  },
  {
    rule: 'outsiders-use-the-barrel',
    from: 'src/main.ts',
    bad: 'src/jobs/jobs.module.ts',
    good: 'src/builds/index.ts',
  },
  {
    rule: 'domain-is-pure',
    from: 'src/jobs/domain/machine.ts',
    bad: 'shipped',
    good: 'src/contracts/states.ts',
  },
  {
    rule: 'domain-is-pure',
    from: 'src/builds/domain/fold.ts',
    bad: 'src/builds/build.entity.ts',
    good: 'src/builds/domain/stages.ts',
  },
  { rule: 'domain-is-pure', from: 'src/notifications/domain/retry.ts', bad: 'node:crypto', good: '' },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/webhook.ts',
    bad: 'src/database/errors.ts',
    good: 'src/notifications/channel.ts',
  },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/email/send.ts',
    bad: 'src/notifications/planner.ts',
    good: 'src/notifications/channels/email/body.ts',
  },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/slack/send.ts',
    bad: 'src/notifications/channels/irc/colours.ts',
    good: 'src/notifications/channel-deps.ts',
  },
  { rule: 'no-own-barrel', from: 'src/events/bus.ts', bad: 'src/events/index.ts', good: 'src/events/log.ts' },
  { rule: 'no-own-barrel', from: 'src/config/load.ts', bad: 'src/config/index.ts', good: 'src/config/kinds.ts' },
  { rule: 'no-spec-in-main', from: 'src/jobs/one.ts', bad: 'src/jobs/two.spec.ts', good: 'src/jobs/two.ts' },
  { rule: 'no-test-in-main', from: 'src/jobs/three.ts', bad: 'test/support/database.ts', good: '' },
  { rule: 'not-to-dev-dep', from: 'src/workers/four.ts', bad: 'tool', good: 'shipped' },
  { rule: 'not-to-undeclared-package', from: 'src/workers/five.ts', bad: 'undeclared', good: 'node:path' },
];

const planted = (path: string, prefix: string): string => path.replace(/([^/]+)$/, `${prefix}-$1`);

describe('the boundaries of src/', () => {
  const tree = new PlantedTree();
  let onDisk: Violation[] = [];
  let found: Violation[] = [];

  beforeAll(async () => {
    for (const { from, bad, good } of CASES) {
      // main.ts is known by its name.
      tree.plant(from === 'src/main.ts' ? from : planted(from, 'bad'), [bad]);
      tree.plant(planted(from, 'type'), [bad], 'import type');
      if (good !== '') tree.plant(planted(from, 'good'), [good]);
    }
    tree.plant('src/events/chicken.ts', ['src/events/egg.ts']);
    tree.plant('src/events/egg.ts', ['src/events/chicken.ts'], 'import type');
    tree.plant('src/jobs/free.spec.ts', ['tool', 'test/support/database.ts', 'src/jobs/index.ts']);
    for (const folder of Object.keys(EDGES)) {
      const others = Object.keys(EDGES).filter((other) => other !== folder);
      tree.plant(
        `src/${folder}/all-edges.ts`,
        others.map((other) => `src/${other}/index.ts`),
      );
    }
    const roots = ['src', 'ormconfig.ts'].filter((path) => existsSync(join(ROOT, path)));
    [onDisk, found] = await Promise.all([cruise(ROOT, ...roots), cruise(tree.root, 'src')]);
  }, 60_000);

  afterAll(() => {
    tree.remove();
  });

  it('are kept', () => {
    expect(onDisk).toEqual([]);
  });

  it('name every folder and file that is there', () => {
    const entries = readdirSync(join(ROOT, 'src'), { withFileTypes: true });
    const known = [...Object.keys(EDGES), ...ROOT_FILES];
    expect(entries.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('name nothing that is gone', () => {
    expect([...Object.keys(EDGES), ...ROOT_FILES].filter((name) => !existsSync(join(ROOT, 'src', name)))).toEqual([]);
  });

  it('give every module a barrel', () => {
    const modules = Object.keys(EDGES).filter((name) => !LIBRARIES.includes(name));
    const there = modules.filter((name) => existsSync(join(ROOT, 'src', name)));
    expect(there.filter((name) => !existsSync(join(ROOT, 'src', name, 'index.ts')))).toEqual([]);
  });

  it('allow only edges to rows that stand above', () => {
    const rows = Object.keys(EDGES);
    const wrong = rows.flatMap((from, at) => (EDGES[from] ?? []).filter((to) => !rows.slice(0, at).includes(to)));
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(EDGES))('let %s import its neighbours and nothing else', (folder) => {
    const file = `src/${folder}/all-edges.ts`;
    const strangers = Object.keys(EDGES).filter((to) => to !== folder && !EDGES[folder]?.includes(to));
    const expected = strangers.map((to) => `edges-of-${folder}: ${file} -> src/${to}/index.ts`);
    expect(found.filter((line) => line.includes(` ${file} -> `)).sort()).toEqual(expected.sort());
  });

  it.each(CASES)('report $from -> $bad as $rule', ({ rule, from, bad }) => {
    const file = from === 'src/main.ts' ? from : planted(from, 'bad');
    expect(found).toContainEqual(expect.stringMatching(violation(rule, file, bad)));
  });

  it.each(CASES)('see through a type-only import of $bad by $from', ({ rule, from, bad }) => {
    const reported = found.some((line) => violation(rule, planted(from, 'type'), bad).test(line));
    // Packages are needed by the compiler only when a type is all that is taken.
    expect(reported).toBe(!['not-to-dev-dep', 'not-to-undeclared-package'].includes(rule));
  });

  it.each(CASES.filter(({ good }) => good !== ''))('allow $from -> $good', ({ from }) => {
    expect(found.filter((line) => line.includes(planted(from, 'good')))).toEqual([]);
  });

  it('report a cycle, of types too', () => {
    expect(found).toContain('no-cycles: src/events/chicken.ts -> src/events/egg.ts');
  });

  it('leave specs alone', () => {
    expect(found.filter((line) => line.includes(' src/jobs/free.spec.ts -> '))).toEqual([]);
  });

  it('have a planted violation for each rule', () => {
    const covered = [...CASES.map(({ rule }) => rule), 'no-cycles', ...Object.keys(EDGES).map((f) => `edges-of-${f}`)];
    expect(forbidden.map(({ name }) => name).filter((name) => !covered.includes(name))).toEqual([]);
  });
});

function violation(rule: string, from: string, to: string): RegExp {
  const target = to.replace(/^node:/, '').replace(/^(shipped|tool|undeclared)$/, 'node_modules/$1/index.js');
  return new RegExp(`^${rule}: ${from} -> ${target}$`);
}
