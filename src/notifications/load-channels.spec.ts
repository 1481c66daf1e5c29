import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ChannelDeps } from './channel';
import { ChannelError, findChannels, makeChannels, variablesOf, type MadeChannels } from './load-channels';

const channel = (fields: string, also = ''): string => `exports.default = (deps) => ({ ${fields} });${also}`;
const GOOD =
  "name: 'good', events: ['build:finished'], timeoutMs: 1000, targets: () => [], deliver: async () => ({ kind: 'delivered' })";
const deps = { marker: 'deps' } as unknown as ChannelDeps;
const load = (directory: string): MadeChannels => makeChannels(findChannels(directory), deps);

describe('loading channels', () => {
  let directory: string;
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hub-channels-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('finds channel files, folders with an index, the files of folders without one, and nothing else', () => {
    for (const name of [
      'b.channel.js',
      'a.channel.ts',
      'a.channel.spec.ts',
      'a.channel.d.ts',
      'a.channel.js.map',
      'helper.js',
      'README.md',
    ])
      write(name, channel(GOOD));
    for (const folder of ['c', 'd', 'e', 'empty']) mkdirSync(join(directory, folder));
    write('c/index.js', channel(GOOD));
    write('d/index.ts', channel(GOOD));
    write('d/not-one.channel.js', channel(GOOD));
    write('e/one.channel.js', channel(GOOD));
    write('e/two.channel.ts', channel(GOOD));
    write('e/helper.js', channel(GOOD));
    write('empty/helper.js', channel(GOOD));
    expect(findChannels(directory).map(({ name, file }) => [name, basename(file)])).toEqual([
      ['a', 'a.channel.ts'],
      ['b', 'b.channel.js'],
      ['c', 'c'],
      ['d', 'd'],
      ['one', 'one.channel.js'],
      ['two', 'two.channel.ts'],
    ]);
  });

  it('makes each with what it needs', () => {
    write('good.channel.js', channel(GOOD.replace('targets: () => []', 'targets: () => [deps.marker]')));
    mkdirSync(join(directory, 'other'));
    write('other/index.js', channel(GOOD.replace("'good'", "'other'")));
    const [good, other] = load(directory).channels;
    expect([good?.name, other?.name]).toEqual(['good', 'other']);
    expect(good?.targets({} as never)).toEqual(['deps']);
  });

  it.each([
    ['no default export', 'exports.channel = {};', 'it has no default export'],
    ['no factory', 'exports.default = {};', 'it has no default export that makes a channel'],
    [
      'a factory that throws',
      "exports.default = () => { throw new Error('the key is unusable'); };",
      'it cannot be made: the key is unusable',
    ],
    ['a factory of nothing', 'exports.default = () => undefined;', 'what it makes is no channel'],
    ['a bad name', channel(GOOD.replace("'good'", "'Good One'")), 'name must be'],
    ['no events', channel(GOOD.replace("['build:finished']", '[]')), 'at least one event'],
    ['an unknown event', channel(GOOD.replace('build:finished', 'build:done')), 'there is no event "build:done"'],
    ['no time limit', channel(GOOD.replace('timeoutMs: 1000', 'timeoutMs: 0')), 'timeoutMs must be'],
    ...['firstPauseMs: NaN', 'attempts: 1.5', 'longestPauseMs: undefined', 'horizonMs: -1', "firstPauseMs: '1'"].map(
      (policy): [string, string, string] => [
        `a retry policy with ${policy}`,
        channel(GOOD.replace('timeoutMs: 1000', `timeoutMs: 1000, retry: { ${policy} }`)),
        'retry may give attempts',
      ],
    ),
    ['no targets', channel(GOOD.replace('targets: () => []', 'x: 1')), 'targets must be a function'],
    ['no deliver', channel(GOOD.replace('deliver: async', 'd: async')), 'deliver must be a function'],
  ])('refuses a file with %s and names it', (_what, text, problem) => {
    write('bad.channel.js', text);
    expect(() => load(directory)).toThrow(ChannelError);
    expect(() => load(directory)).toThrow('bad.channel.js: ');
    expect(() => load(directory)).toThrow(problem);
  });

  it('says every problem of a channel at once', () => {
    write('bad.channel.js', 'exports.default = () => ({});');
    expect(() => load(directory)).toThrow(/name.*events.*timeoutMs.*targets.*deliver/);
  });

  it('refuses two channels of one name and names both', () => {
    write('good.channel.js', channel(GOOD));
    mkdirSync(join(directory, 'good'));
    write('good/index.js', channel(GOOD));
    expect(() => load(directory)).toThrow(/good\.channel\.js: its name "good" is taken by .*\/good\./);
  });

  it('refuses a name that is not that of the file: it is what HUB_CHANNELS and deliveries say', () => {
    write('bad.channel.js', channel(GOOD));
    expect(() => load(directory)).toThrow('name must be that of its file or package, "bad"');
  });

  it('leaves out what cannot be made, unless it is to deliver', () => {
    write('broken.channel.js', "exports.default = () => { throw new Error('it needs a key'); };");
    write('good.channel.js', channel(GOOD));
    const found = findChannels(directory);
    const { channels, unusable } = makeChannels(found, deps, {}, (name) => name === 'good');
    expect(channels.map(({ name }) => name)).toEqual(['good']);
    expect([...unusable.keys()]).toEqual(['broken']);
    expect(() => makeChannels(found, deps, {}, (name) => name === 'broken')).toThrow('it needs a key');
  });

  it('hands each its own settings, or what holds when nothing is set', () => {
    const variables = 'exports.variables = { key: { name: "HUB_GOOD_KEY", fallback: "none" } };';
    write(
      'good.channel.js',
      channel(GOOD.replace('targets: () => []', 'targets: () => [deps.settings.key]'), variables),
    );
    const found = findChannels(directory);
    expect(Object.keys(variablesOf(found)['good'] ?? {})).toEqual(['key']);
    const made = [makeChannels(found, deps), makeChannels(found, deps, { good: { key: 'set' } })];
    const keys = made.map(({ channels }) => channels[0]?.targets({} as never));
    expect(keys).toEqual([['none'], ['set']]);
  });
});
