import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode } from '../lib/children.mjs';
import { PlainError, say, secondsSince } from '../lib/say.mjs';

const OUTPUT = join(ROOT, 'dist');
const STAMP = join(OUTPUT, 'built-from');
/** What the compiler remembers of its last run; without it, it writes everything. */
const MEMORY = join(ROOT, 'node_modules', '.cache', 'tsbuildinfo.build');
const SOURCES = ['src', 'ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/**
 * Compiles Hub into dist/ unless that is up to date.
 *
 * Begins with an empty folder: channels are found by what lies there, so a file whose source is gone would still run.
 *
 * @throws {PlainError} with what the compiler says
 */
export async function compile() {
  const wanted = fingerprint();
  if (wanted === builtFrom()) return;
  const start = performance.now();
  forget(OUTPUT);
  forget(MEMORY);
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output } = await runNode(compiler, ['-p', 'tsconfig.build.json'], { quiet: true });
  if (code !== 0) throw new PlainError(`Hub does not compile:\n${output.trim()}`);
  writeFileSync(STAMP, wanted);
  say(`Hub compiled in ${secondsSince(start)}.`);
}

function forget(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw new PlainError(`Hub has to be compiled, but ${path} cannot be removed (${error.code}). Whose is it?`);
  }
}

function builtFrom() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

/** Changes when a source is added, changed or removed. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((name) => filesOf(join(ROOT, name)))) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}
