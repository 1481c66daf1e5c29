import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CASES } from './boundary-cases';
import { cruise, PlantedTree, ROOT, type Violation } from './cruise';

const { LIBRARIES, EDGES, ROOT_FILES, LEAVES } = jest.requireActual<{
  LIBRARIES: string[];
  EDGES: Record<string, string[]>;
  ROOT_FILES: string[];
  LEAVES: string[];
}>('../../module-edges.cjs');
const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>('../../.dependency-cruiser.cjs');

/** Known to the rules by their exact names: what they plant stands in one file, not in files beside it. */
const FIXED = ['src/main.ts', 'src/faults.ts', 'src/database/schema.ts'];
const planted = (path: string, prefix: 'bad' | 'type' | 'good'): string =>
  FIXED.includes(path) ? path : path.replace(/([^/]+)$/, `${prefix}-$1`);

describe('the boundaries of src/', () => {
  const tree = new PlantedTree();
  let onDisk: Violation[] = [];
  let found: Violation[] = [];

  beforeAll(async () => {
    for (const { from, bad, good } of CASES) {
      const legal = good === '' ? [] : [good];
      if (FIXED.includes(from)) {
        tree.plant(from, [bad, ...legal]);
        continue;
      }
      tree.plant(planted(from, 'bad'), [bad]);
      tree.plant(planted(from, 'type'), [bad], 'import type');
      tree.plant(planted(from, 'good'), legal);
    }
    tree.plant('src/events/chicken.ts', ['src/events/egg.ts']);
    tree.plant('src/events/egg.ts', ['src/events/chicken.ts'], 'import type');
    tree.plant('src/jobs/near-leaf.ts', ['src/faults.ts']);
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
    const known = [...Object.keys(EDGES), ...ROOT_FILES, ...LEAVES];
    expect(entries.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('name nothing that is gone', () => {
    expect(
      [...Object.keys(EDGES), ...ROOT_FILES, ...LEAVES].filter((name) => !existsSync(join(ROOT, 'src', name))),
    ).toEqual([]);
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
    expect(found).toContainEqual(expect.stringMatching(violation(rule, planted(from, 'bad'), bad)));
  });

  it.each(CASES.filter(({ from }) => !FIXED.includes(from)))(
    'see through a type-only import of $bad by $from',
    ({ rule, from, bad }) => {
      const reported = found.some((line) => violation(rule, planted(from, 'type'), bad).test(line));
      // Packages are needed by the compiler only when a type is all that is taken.
      expect(reported).toBe(!['not-to-dev-dep', 'not-to-undeclared-package'].includes(rule));
    },
  );

  it.each(CASES.filter(({ good }) => good !== ''))('allow $from -> $good', ({ from, good }) => {
    const complaint = new RegExp(`: ${planted(from, 'good')} -> ${target(good)}$`);
    expect(found.filter((line) => complaint.test(line))).toEqual([]);
  });

  it('report a cycle, of types too', () => {
    expect(found).toContain('no-cycles: src/events/chicken.ts -> src/events/egg.ts');
  });

  it('let folders use the leaves', () => {
    expect(found.filter((line) => line.includes(' src/jobs/near-leaf.ts -> '))).toEqual([]);
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
  return new RegExp(`^${rule}: ${from} -> ${target(to)}$`);
}

/** How dependency-cruiser names what an import resolves to. */
const target = (to: string): string =>
  to.replace(/^node:/, '').replace(/^(shipped|tool|undeclared)$/, 'node_modules/$1/index.js');
