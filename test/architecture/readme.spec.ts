import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../../src/config';
import { isInjected } from '../../src/config/unknown-names';
import type { OptionalVariable, RequiredVariable } from '../../src/config/variable';
import { VARIABLES } from '../../src/config/variables';
import { channelVariables } from '../../src/notifications';

const ROOT = join(__dirname, '..', '..');

type AnyVariable = OptionalVariable<unknown> | RequiredVariable<unknown>;

const OWN: readonly AnyVariable[] = Object.values(VARIABLES);
/** Hub's own first, then those of each channel, in the order of the channels' names; what two channels share once. */
const ALL = [...new Set([...OWN, ...Object.values(channelVariables()).flatMap(Object.values<AnyVariable>)])];

/**
 * What has to be listed: all of Hub's own. Those of a channel may be, and then rightly; none has to, because adding a
 * channel touches nothing else, and `hub variables` tells of them all.
 */
function documented(listed: readonly string[]): AnyVariable[] {
  return ALL.filter((variable) => OWN.includes(variable) || listed.includes(variable.name));
}

interface Row {
  readonly name: string;
  readonly fallback: string;
  readonly help: string;
}

/** What the table must say, from the variables themselves. */
function wantedRows(written: readonly Row[]): Row[] {
  return documented(written.map(({ name }) => name.replaceAll('`', ''))).map((variable) => ({
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
  it('has every variable of Hub, and says of each what the code says', () => {
    const written = writtenRows();
    const wanted = wantedRows(written);
    if (JSON.stringify(written) !== JSON.stringify(wanted)) {
      process.stdout.write(
        `Put this between the markers in README.md and run npm run format:\n${asMarkdown(wanted)}\n`,
      );
    }

    expect(written).toEqual(wanted);
  });
});

describe('.env.example', () => {
  it('has every variable of Hub and none that does not exist, with values that work', () => {
    const lines = readFileSync(join(ROOT, '.env.example'), 'utf8').split('\n');
    const listed = lines.flatMap((line) => /^#? ?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1] ?? []);
    const wanted = documented(listed);
    expect(listed).toEqual(wanted.map(({ name }) => name));
    for (const { name, example } of wanted) {
      expect(lines.some((line) => line.replace(/^# /, '') === `${name}=${example}`)).toBe(true);
    }
  });

  it('gives an example that Hub accepts for every variable but the shortened keys', () => {
    const examples = Object.fromEntries(ALL.map(({ name, example }) => [name, example]));
    const shortened = ALL.filter(({ example }) => example.includes('...')).map(({ name }) => name);
    expect(
      problemsOf(examples)
        .map((problem) => problem.split(' ')[0])
        .sort(),
    ).toEqual(shortened.sort());
  });
});

describe('The names of variables', () => {
  it('are each used once, and none could be injected by Kubernetes', () => {
    const names = ALL.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names).toEqual([...new Set(names)]);
    expect(names.filter(isInjected)).toEqual([]);
  });
});

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    loadConfig(environment, channelVariables());
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
