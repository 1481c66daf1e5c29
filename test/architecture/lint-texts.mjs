/**
 * Lints texts that are no files: `[{ path, text }]` as JSON on stdin, `[[rule, message], …]` for each on stdout.
 *
 * A process of its own, because eslint.config.mjs is ESM and Jest cannot import() it. Types come from the file that
 * really stands at `path`; where there is none, only the rules that need no types are run.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const cwd = join(import.meta.dirname, '../..');
const typed = new ESLint({ cwd });
const untyped = new ESLint({
  cwd,
  overrideConfig: [
    { files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked },
    { files: ['**/*.spec.ts'], rules: { 'jest/unbound-method': 'off' } },
  ],
});

const results = [];
for (const { path, text } of await json(process.stdin)) {
  const eslint = existsSync(join(cwd, path)) ? typed : untyped;
  const [result] = await eslint.lintText(text, { filePath: path });
  results.push(result.messages.map(({ ruleId, message }) => [ruleId ?? 'none', message]));
}
process.stdout.write(JSON.stringify(results));
