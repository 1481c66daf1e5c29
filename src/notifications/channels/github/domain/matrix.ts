/** What a config key that may differ between jobs is called, by key. In the order of the columns. */
const VERSIONS: Readonly<Record<string, string>> = {
  go: 'Go',
  php: 'PHP',
  node_js: 'Node.js',
  perl: 'Perl',
  perl6: 'Perl6',
  python: 'Python',
  scala: 'Scala',
  smalltalk: 'Smalltalk',
  smalltalk_config: 'Config',
  ruby: 'Ruby',
  d: 'D',
  julia: 'Julia',
  csharp: 'C#',
  mono: 'Mono',
  dart: 'Dart',
  dart_task: 'Task',
  elixir: 'Elixir',
  ghc: 'GHC',
  haxe: 'Haxe',
  jdk: 'JDK',
  rvm: 'Ruby',
  otp_release: 'OTP Release',
  rust: 'Rust',
  c: 'C',
  cpp: 'C++',
  clojure: 'Clojure',
  lein: 'Lein',
  compiler: 'Compiler',
  crystal: 'Crystal',
  osx_image: 'Xcode',
  r: 'R',
  nix: 'Nix',
};

const COLUMNS: Readonly<Record<string, string>> = {
  ...VERSIONS,
  env: 'ENV',
  gemfile: 'Gemfile',
  xcode_sdk: 'Xcode SDK',
  xcode_scheme: 'Xcode Scheme',
  os: 'OS',
};

type Config = Readonly<Record<string, unknown>>;

/** A value of a config that only some jobs have. */
export interface MatrixColumn {
  readonly key: string;
  readonly title: string;
}

/** The columns in which jobs differ from their build; those that would be empty for all jobs are left out. */
export function matrixColumns(build: Config, jobs: readonly Config[]): readonly MatrixColumn[] {
  return Object.entries(COLUMNS)
    .filter(([key]) => jobs.some((job) => matrixValue(key, job, build) !== ''))
    .map(([key, title]) => ({ key, title }));
}

/** What a job has under a key, in words; empty when it is what the whole build has. */
export function matrixValue(key: string, job: Config, build: Config): string {
  const value = job[key];
  if (value === undefined || JSON.stringify(value) === JSON.stringify(build[key])) return '';
  return key === 'os' ? osName(value, job['dist']) : words(value);
}

/** The versions that a build's config names, e.g. `['Ruby', ['1.8.7', '1.9.2']]`. */
export function versionsOf(build: Config): readonly (readonly [name: string, versions: readonly string[]])[] {
  return Object.entries(VERSIONS).flatMap(([key, name]) => {
    const versions = listOf(build[key])
      .map(words)
      .filter((text) => text !== '');
    return versions.length > 0 ? [[name, versions] as const] : [];
  });
}

/** The language of a build, as people write it. */
export function languageOf({ language }: Config): string {
  const name = words(listOf(language)[0]) || 'ruby';
  return VERSIONS[name.toLowerCase()] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** Operating systems as people call them, e.g. `Linux (Jammy), macOS`. */
export function osName(os: unknown, dist: unknown): string {
  const names = listOf(os ?? 'linux').map((one) => {
    const name = words(one);
    if (name === 'osx') return 'macOS';
    if (name !== 'linux') return name;
    return typeof dist === 'string' && dist !== ''
      ? `Linux (${dist.charAt(0).toUpperCase()}${dist.slice(1)})`
      : 'Linux';
  });
  return [...new Set(names)].filter((name) => name !== '').join(', ');
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.flat(9) : [value];
}

/** A config may hold anything anywhere. */
function words(value: unknown): string {
  if (value === undefined || value === null || value === false) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value
      .map(words)
      .filter((text) => text !== '')
      .join(', ');
  return JSON.stringify(value);
}
