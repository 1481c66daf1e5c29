import { serverRing } from './server-ring';

describe('which server holds a key', () => {
  const server = (host: string, port = 11_211, weight = 1) => ({ host, port, weight });

  // As Dalli 3.0.6 answered for these servers.
  it.each([
    ['state:1', 2],
    ['state:1-master', 0],
    ['state:2', 2],
    ['state:42-main', 2],
    ['state:7-größe', 0],
  ])('is the one that Dalli asks: %s', (key, expected) => {
    const ring = serverRing([
      server('cache-a.example.org'),
      server('cache-b.example.org', 11_212),
      server('cache-c.example.org', 11_211, 2),
    ]);
    expect(ring(key)).toBe(expected);
  });

  it('is for two thousand keys the one that Dalli asks, by weight', () => {
    const ring = serverRing([
      server('cache-a.example.org'),
      server('cache-b.example.org', 11_212),
      server('cache-c.example.org', 11_211, 2),
    ]);
    const counts = [0, 0, 0];
    for (let id = 0; id < 2_000; id++) counts[ring(`state:${id}`)]! += 1;
    expect(counts).toEqual([453, 536, 1_011]);
  });

  it('is the only one when there is one', () => {
    expect(serverRing([server('cache.example.org')])('state:1')).toBe(0);
  });
});
