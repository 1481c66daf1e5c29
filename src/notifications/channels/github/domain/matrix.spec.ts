import { languageOf, matrixColumns, matrixValue, osName, versionsOf } from './matrix';

describe('matrixColumns', () => {
  it('are those in which a job differs from the build, in a fixed order', () => {
    const build = { rvm: ['2', '3'], os: 'linux', gemfile: ['A', 'B'], node_js: '22' };
    const jobs = [
      { rvm: '2', os: 'linux', gemfile: 'A', node_js: '22' },
      { rvm: '3', os: 'osx', gemfile: 'B', node_js: '22' },
    ];
    expect(matrixColumns(build, jobs).map(({ title }) => title)).toEqual(['Ruby', 'Gemfile', 'OS']);
  });

  it('are none without jobs, configs or differences', () => {
    expect(matrixColumns({}, [])).toEqual([]);
    expect(matrixColumns({}, [{}, {}])).toEqual([]);
    expect(matrixColumns({ rvm: ['2'] }, [{ rvm: ['2'] }])).toEqual([]);
  });
});

describe('matrixValue', () => {
  it.each<[string, unknown, unknown, string]>([
    ['rvm', '1.8.7', ['1.8.7', '1.9.2'], '1.8.7'],
    ['env', ['A=b', 'T=[secure]'], ['x'], 'A=b, T=[secure]'],
    ['env', [], ['x'], ''],
    ['go', 1.21, undefined, '1.21'],
    ['jdk', null, 'x', ''],
    ['jdk', undefined, 'x', ''],
    ['compiler', { clang: [1] }, undefined, '{"clang":[1]}'],
    ['os', 'osx', ['linux', 'osx'], 'macOS'],
    ['os', 'windows', ['linux'], 'windows'],
  ])('of %s: %j beside %j is "%s"', (key, job, build, expected) => {
    expect(matrixValue(key, { [key]: job }, { [key]: build })).toBe(expected);
  });
});

describe('osName', () => {
  it.each<[unknown, unknown, string]>([
    [undefined, undefined, 'Linux'],
    ['linux', 'jammy', 'Linux (Jammy)'],
    ['osx', 'jammy', 'macOS'],
    [['linux', 'osx'], undefined, 'Linux, macOS'],
    [['linux', ['linux']], undefined, 'Linux'],
    [7, undefined, '7'],
    [[], undefined, ''],
  ])('of %j with dist %j is "%s"', (os, dist, expected) => {
    expect(osName(os, dist)).toBe(expected);
  });
});

describe('languageOf', () => {
  it.each<[unknown, string]>([
    [undefined, 'Ruby'],
    ['node_js', 'Node.js'],
    ['generic', 'Generic'],
    [['go', 'ruby'], 'Go'],
    [{ a: 1 }, '{"a":1}'],
    ['', 'Ruby'],
  ])('of %j is "%s"', (language, expected) => {
    expect(languageOf({ language })).toBe(expected);
  });
});

describe('versionsOf', () => {
  it('are all versions that the config names', () => {
    expect(versionsOf({ rvm: ['1.8.7', '1.9.2'], jdk: 'openjdk17', go: [], php: null })).toEqual([
      ['JDK', ['openjdk17']],
      ['Ruby', ['1.8.7', '1.9.2']],
    ]);
  });
});
