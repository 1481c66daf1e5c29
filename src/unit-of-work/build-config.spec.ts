import { readBuildConfig } from './build-config';

describe('readBuildConfig', () => {
  it.each([
    ['nothing', null, false],
    ['no section', {}, false],
    ['matrix', { matrix: { fast_finish: true } }, true],
    ['jobs', { jobs: { fast_finish: true } }, true],
    ['matrix wins over jobs', { jobs: { fast_finish: true }, matrix: { fast_finish: false } }, false],
    ['both sections merged', { jobs: { fast_finish: true }, matrix: { include: [] } }, true],
    ['the first element of a list', { matrix: [{ fast_finish: true }, { fast_finish: false }] }, true],
    ['a JSON text', JSON.stringify({ matrix: { fast_finish: true } }), true],
    ["Ruby's truth: 0 is true", { matrix: { fast_finish: 0 } }, true],
    ['garbage text', '{', false],
  ])('reads fast_finish from %s', (_name, config, expected) => {
    expect(readBuildConfig(config).fastFinish).toBe(expected);
  });

  it('knows a config that could not be used', () => {
    expect(readBuildConfig({ '.result': 'parse_error' }).broken).toBe(true);
    expect(readBuildConfig({ '.result': 'configured' }).broken).toBe(false);
  });
});
