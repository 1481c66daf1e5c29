import { Pulse } from './pulse';

describe('a process', () => {
  it('that stood still knows it for what began before, and not for what begins after', () => {
    let now = 0;
    const pulse = new Pulse(() => now);
    now = 1_500;
    expect(pulse.stoodStillSince(0)).toBe(false);
    now = 20_000;
    expect(pulse.stoodStillSince(1_400)).toBe(true);
    now = 20_500;
    expect(pulse.stoodStillSince(1_400)).toBe(true);
    expect(pulse.stoodStillSince(20_100)).toBe(false);
  });

  it('that goes on has stood still for nobody, however long they wait', () => {
    let now = 0;
    const pulse = new Pulse(() => now);
    for (now = 0; now < 60_000; now += 1_900) expect(pulse.stoodStillSince(0)).toBe(false);
  });
});
