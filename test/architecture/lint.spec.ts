import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { ROOT } from './cruise';
import { CASES } from './lint-cases';

type Report = readonly (readonly [rule: string, message: string])[];

const ROWS = CASES.map((row, at) => ({ ...row, at, shown: row.bad.trim().replace(/\s+/g, ' ') }));

describe('the lint rules', () => {
  let bad: readonly Report[] = [];
  let good: readonly Report[] = [];

  beforeAll(async () => {
    const reports = await lint([
      ...CASES.map(({ path, bad: text }) => ({ path, text })),
      ...CASES.map(({ path, good: text, goodPath }) => ({ path: goodPath ?? path, text })),
    ]);
    bad = reports.slice(0, CASES.length);
    good = reports.slice(CASES.length);
  }, 60_000);

  it.each(ROWS)('report `$shown` in $path as $rule', ({ at, rule, hint }) => {
    expect(bad[at]).toContainEqual([rule, expect.stringContaining(hint)]);
  });

  it.each(ROWS)('leave the twin of `$shown` in $path alone', ({ at, rule }) => {
    expect(good[at]?.map(([found]) => found)).not.toContain(rule);
    // A text that cannot be parsed has no violations either.
    expect(good[at]?.map(([found]) => found)).not.toContain('none');
  });
});

async function lint(texts: readonly { path: string; text: string }[]): Promise<Report[]> {
  const child = spawn(process.execPath, [join(__dirname, 'lint-texts.mjs')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(texts));
  return JSON.parse(await text(child.stdout)) as Report[];
}
