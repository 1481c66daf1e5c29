import type { Named, OptionalVariable, RequiredVariable } from './variable';

/** The environment as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is wrong with the environment, in sentences that hold no values. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    const count = problems.length === 1 ? 'one setting is' : `${problems.length} settings are`;
    super(`Hub cannot start: ${count} missing or wrong.\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads variables one by one and remembers what is wrong with them, so that all problems are told together, once each. */
export class EnvironmentReader {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];

  constructor(private readonly environment: Environment) {}

  /** The value of a variable, or its fallback. After a problem it is something unusable: call {@link finish} first. */
  read<T>(variable: RequiredVariable<T> | OptionalVariable<T>): T {
    const [name, ...shadowed] = namesInUse(variable, this.environment);
    if (name === undefined) return this.absent(variable);
    for (const other of shadowed) {
      if (this.environment[other] !== this.environment[name]) {
        this.warnings.push(`Both ${name} and ${other} are set and differ: ${name} is used. Unset one of them.`);
      }
    }
    const parsed = variable.kind.safeParse(this.environment[name]);
    if (parsed.success) return parsed.data;
    const expected = parsed.error.issues[0]?.message ?? 'has an unusable value';
    this.problems.push(`${name} ${expected}. ${whatItIs(variable)}`);
    return undefined as T;
  }

  /** @throws ConfigError when any variable was missing or wrong. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError([...new Set(this.problems)]);
  }

  private absent<T>(variable: RequiredVariable<T> | OptionalVariable<T>): T {
    if ('fallback' in variable) return variable.fallback;
    this.problems.push(`${variable.name} is not set. ${whatItIs(variable)}`);
    return undefined as T;
  }
}

/** The names under which a variable is set, strongest first. Empty means not set: that is how compose files clear one. */
export function namesInUse(variable: Named, environment: Environment = process.env): readonly string[] {
  return namesOf(variable).filter((name) => (environment[name] ?? '').trim() !== '');
}

/** All names of a variable, strongest first. The names of Travis Hub win over generic ones, as they did there. */
export function namesOf(variable: Named): readonly string[] {
  const aliases = variable.aliases ?? [];
  return [
    ...aliases.filter((alias) => alias.startsWith('TRAVIS_')),
    variable.name,
    ...aliases.filter((alias) => !alias.startsWith('TRAVIS_')),
  ];
}

function whatItIs(variable: { readonly name: string; readonly help: string; readonly example: string }): string {
  return `${variable.help} Example: ${variable.name}=${variable.example}`;
}
