import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode } from './children.mjs';
import { PlainError } from './say.mjs';

/**
 * Compiles the project into dist/, tests included, so that scripts can run it with plain Node.
 *
 * @param {object} [options]
 * @param {AbortSignal} [options.signal]
 * @throws {PlainError} with the compiler's complaints
 */
export async function build({ signal } = {}) {
  const dist = join(ROOT, 'dist');
  const record = join(dist, '.tsbuildinfo');
  mkdirSync(dist, { recursive: true });
  // The record stands beside the output: when dist/ is deleted, the compiler must not believe that it is up to date.
  const args = ['-p', 'tsconfig.json', '--tsBuildInfoFile', record];
  const { code, output } = await runNode(join(ROOT, 'node_modules/typescript/bin/tsc'), args, { quiet: true, signal });
  if (code !== 0 || !existsSync(record)) throw new PlainError(`The project does not compile:\n${output.trim()}`);
}
