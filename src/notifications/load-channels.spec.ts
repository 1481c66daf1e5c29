import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ChannelDeps } from './channel';
import { ChannelError, findChannels, loadChannels } from './load-channels';

const channel = (fields: string): string => `exports.default = (deps) => ({ ${fields} });`;
const GOOD =
  "name: 'good', events: ['build:finished'], timeoutMs: 1000, targets: () => [], deliver: async () => ({ kind: 'delivered' })";
const deps = { marker: 'deps' } as unknown as ChannelDeps;

describe('loading channels', () => {
  let directory: string;
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'hub-channels-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('finds channel files and folders with an index, in alphabetical order, and nothing else', () => {
    for (const name of [
      'b.channel.js',
      'a.channel.ts',
      'a.channel.spec.ts',
      'a.channel.d.ts',
      'a.channel.js.map',
      'helper.js',
      'README.md',
    ])
      write(name, '');
    for (const folder of ['c', 'd', 'empty']) mkdirSync(join(directory, folder));
    write('c/index.js', '');
    write('d/index.ts', '');
    write('empty/other.channel.js', '');
    expect(findChannels(directory).map((file) => basename(file))).toEqual(['a.channel.ts', 'b.channel.js', 'c', 'd']);
  });

  it('makes each with what it needs', () => {
    write('good.channel.js', channel(GOOD.replace('targets: () => []', 'targets: () => [deps.marker]')));
    mkdirSync(join(directory, 'other'));
    write('other/index.js', channel(GOOD.replace("'good'", "'other'")));
    const [good, other] = loadChannels(deps, directory);
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
    ['no targets', channel(GOOD.replace('targets: () => []', 'x: 1')), 'targets must be a function'],
    ['no deliver', channel(GOOD.replace('deliver: async', 'd: async')), 'deliver must be a function'],
  ])('refuses a file with %s and names it', (_what, text, problem) => {
    write('bad.channel.js', text);
    expect(() => loadChannels(deps, directory)).toThrow(ChannelError);
    expect(() => loadChannels(deps, directory)).toThrow('bad.channel.js: ');
    expect(() => loadChannels(deps, directory)).toThrow(problem);
  });

  it('says every problem of a channel at once', () => {
    write('bad.channel.js', 'exports.default = () => ({});');
    expect(() => loadChannels(deps, directory)).toThrow(/name.*events.*timeoutMs.*targets.*deliver/);
  });

  it('refuses two channels of one name and names both', () => {
    write('a.channel.js', channel(GOOD));
    write('b.channel.js', channel(GOOD));
    expect(() => loadChannels(deps, directory)).toThrow(/b\.channel\.js.*"good" is taken by .*a\.channel\.js/);
  });
});
