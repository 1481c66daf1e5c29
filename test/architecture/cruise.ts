import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = join(__dirname, '../..');

/** What dependency-cruiser found: `rule: from -> to`, paths from the root of the tree. */
export type Violation = `${string}: ${string} -> ${string}`;

/**
 * Runs the command line that `npm run boundaries` runs: dependency-cruiser is ESM without a CommonJS door, so Jest
 * cannot load it.
 *
 * @param cwd root of the tree
 * @param paths files and folders to look at, relative to `cwd`
 */
export async function cruise(cwd: string, ...paths: string[]): Promise<Violation[]> {
  const command = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = join(ROOT, '.dependency-cruiser.cjs');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [command, '--config', config, '--output-type', 'json', ...paths],
    { cwd, maxBuffer: 64 * 1024 * 1024 },
  );
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return summary.violations.map(({ rule, from, to }): Violation => `${rule.name}: ${from} -> ${to}`);
}

/** A throwaway source tree, described as `file -> what it imports`. */
export class PlantedTree {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'hub-boundaries-')));

  constructor() {
    // Three packages: one that ships, one for development only, one that is merely there.
    this.write('package.json', JSON.stringify({ dependencies: { shipped: '1' }, devDependencies: { tool: '1' } }));
    for (const name of ['shipped', 'tool', 'undeclared']) {
      this.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      this.write(`node_modules/${name}/index.js`, 'module.exports = 1;\n');
    }
  }

  /**
   * Writes `file` with one import per target. Targets starting with `src/` or `test/` are files, made when missing;
   * others are packages.
   */
  plant(file: string, targets: readonly string[], kind: 'import' | 'import type' = 'import'): void {
    const lines = targets.map((target, i) => `${kind} * as it${String(i)} from '${specifier(file, target)}';`);
    const uses = targets.map((_, i) => `export type T${String(i)} = typeof it${String(i)};`);
    for (const target of targets) if (isFile(target)) this.write(target, 'export const planted = 1;\n', 'wx');
    this.write(file, [...lines, ...uses, ''].join('\n'));
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }

  private write(file: string, text: string, flag: 'w' | 'wx' = 'w'): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    try {
      writeFileSync(join(this.root, file), text, { flag });
    } catch (error) {
      // `wx` refuses to overwrite: the target is there already.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

const isFile = (target: string): boolean => /^(src|test)\//.test(target);

function specifier(file: string, target: string): string {
  if (!isFile(target)) return target;
  const path = relative(dirname(file), target).replace(/(\/index)?\.ts$/, '');
  return path.startsWith('.') ? path : `./${path}`;
}
