import { publicConfig } from './public-config';

const secure = { secure: 'Zm9v' };

describe('publicConfig', () => {
  it.each([
    ['a text', 'FOO=foo', ['FOO=foo']],
    ['texts', ['FOO=foo', 'BAR=bar'], ['FOO=foo', 'BAR=bar']],
    ['a map', { FOO: 'foo', BAR: 'bar' }, ['FOO=foo BAR=bar']],
    ['maps', [{ FOO: 'foo' }, { BAR: 1 }], ['FOO=foo', 'BAR=1']],
    ['an encrypted line', secure, ['[secure]']],
    ['encrypted lines', ['FOO=foo', secure], ['FOO=foo', '[secure]']],
    ['encrypted values', { FOO: secure, BAR: 'bar' }, ['FOO=[secure] BAR=bar']],
    ['lists in the list', [['FOO=foo', secure], 'BAR=bar'], ['FOO=foo [secure]', 'BAR=bar']],
    ['a secret inside a value', { FOO: ['a', secure] }, ['FOO=[secure]']],
    [
      'global and job lists',
      { global: ['A=1', secure], jobs: [{ B: secure }] },
      { global: ['A=1', '[secure]'], jobs: ['B=[secure]'] },
    ],
    ['nothing', null, null],
  ])('shows env given as %s', (_form, env, expected) => {
    expect(publicConfig({ env, global_env: env })).toEqual({ env: expected, global_env: expected });
  });

  it('leaves out source_key and keeps everything else, other encrypted values too', () => {
    const config = {
      rvm: ['3.3'],
      source_key: 'KEY',
      notifications: { webhooks: secure },
      deploy: { api_key: secure },
    };
    const { source_key: _hidden, ...rest } = config;
    expect(publicConfig(config)).toEqual(rest);
  });

  it('changes nothing in place', () => {
    const config = Object.freeze({ source_key: 'KEY', env: Object.freeze({ FOO: secure }) });
    publicConfig(config);
    expect(config).toEqual({ source_key: 'KEY', env: { FOO: secure } });
  });
});
