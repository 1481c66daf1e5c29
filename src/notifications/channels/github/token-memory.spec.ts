import { inspect } from 'node:util';
import { TokenMemory } from './token-memory';

describe('TokenMemory', () => {
  it('leaves a refused token alone for an hour', () => {
    let now = 1_000;
    const memory = new TokenMemory(() => now);
    expect(memory.restOf('a-token')).toBeUndefined();
    memory.refused('a-token');
    now += 3_599_999;
    expect(memory.restOf('a-token')).toEqual({ why: 'refused', untilMs: 3_601_000 });
    expect(memory.restOf('another-token')).toBeUndefined();
    now += 1;
    expect(memory.restOf('a-token')).toBeUndefined();
  });

  it('leaves a limited token alone for as long as it was told', () => {
    let now = 0;
    const memory = new TokenMemory(() => now);
    memory.limited('a-token', 5_000);
    now = 4_999;
    expect(memory.restOf('a-token')).toEqual({ why: 'limited', untilMs: 5_000 });
    now = 5_000;
    expect(memory.restOf('a-token')).toBeUndefined();
  });

  it('holds no token', () => {
    const memory = new TokenMemory();
    memory.refused('gho_a-token');
    expect(inspect(memory, { depth: 9, showHidden: true })).not.toContain('gho_a-token');
  });
});
