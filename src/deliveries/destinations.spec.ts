import { Destinations } from './destinations';

const waiting = (id: number, turn: number) => ({ id, attempts: 0, turn });

describe('those who wait for a destination', () => {
  it('are called before their turn as far as there is room by then, in their order and each of them once', () => {
    const destinations = new Destinations();
    for (let i = 0; i < 20; i++) destinations.admit('host', 0, false);
    for (const id of [1, 2, 3]) destinations.wait('host', waiting(id, 60_000 + id));
    expect(destinations.early(10)).toEqual([]);
    destinations.ended('host', true, 5_000, 5_000);
    destinations.ended('host', true, 5_000, 5_000);
    expect(destinations.early(5_000).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('come by themselves when their turn is near', () => {
    const destinations = new Destinations();
    destinations.admit('host', 0, false);
    destinations.wait('host', waiting(1, 900));
    destinations.wait('host', waiting(2, 9_000));
    expect(destinations.early(0).map(({ id }) => id)).toEqual([2]);
    expect(destinations.early(0)).toEqual([]);
  });

  it('wait on while it fails', () => {
    const destinations = new Destinations();
    for (let i = 0; i < 5; i++) destinations.admit('host', 0, false);
    for (let i = 0; i < 5; i++) destinations.ended('host', false, 10, 10);
    destinations.wait('host', waiting(1, 60_000));
    expect(destinations.early(30_000)).toEqual([]);
  });
});
