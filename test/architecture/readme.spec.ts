import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VARIABLES } from '../../src/config/variables';

const ROOT = join(__dirname, '..', '..');

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly help: string;
}

/** What the table must say, from the variables themselves. */
function wantedRows(): Row[] {
  return Object.values(VARIABLES).map((variable) => ({
    name: `\`${variable.name}\``,
    fallback: 'required' in variable ? '**required**' : shown(variable.fallback),
    help: [variable.help, aliasText(variable)].filter((part) => part !== '').join(' '),
  }));
}

function aliasText(variable: object): string {
  const { aliases = [] } = variable as { readonly aliases?: readonly string[] };
  return aliases.length === 0 ? '' : `Also read from ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`;
}

function shown(fallback: unknown): string {
  if (fallback === null || ['[]', '{}'].includes(JSON.stringify(fallback))) return 'none';
  return `\`${typeof fallback === 'string' ? fallback : JSON.stringify(fallback)}\``;
}

function asMarkdown(rows: readonly Row[]): string {
  const lines = rows.map(({ name, fallback, help }) => `| ${name} | ${fallback} | ${help} |`);
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...lines].join('\n');
}

/** The cells of the table between the markers, whatever Prettier made of its columns. */
function writtenRows(): Row[] {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, table = ''] = /<!-- configuration:begin -->([^]*?)<!-- configuration:end -->/.exec(text) ?? [];
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => {
    const [name = '', fallback = '', help = ''] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return { name, fallback, help };
  });
}

describe('The configuration table of README.md', () => {
  it('says of every variable what the code says', () => {
    const wanted = wantedRows();
    const written = writtenRows();
    if (JSON.stringify(written) !== JSON.stringify(wanted)) {
      process.stdout.write(
        `Put this between the markers in README.md and run npm run format:\n${asMarkdown(wanted)}\n`,
      );
    }

    expect(written).toEqual(wanted);
  });
});
