import { eventually } from '../../test/support/eventually';
import { AttentiveClock } from './attentive-clock';

describe('the clock by which targets are judged', () => {
  const clock = new AttentiveClock();
  afterAll(() => clock.stop());

  it('goes on while the process waits', async () => {
    const before = clock.now();
    await eventually(() => expect(clock.now() - before).toBeGreaterThan(200));
  });

  it('stands still while the process is busy with one thing', () => {
    const before = clock.now();
    keepBusy(400);
    expect(clock.now() - before).toBeLessThan(150);
  });

  it('does not make up for it afterwards', async () => {
    const [before, really] = [clock.now(), performance.now()];
    keepBusy(400);
    await eventually(() => expect(clock.now() - before).toBeGreaterThan(100));
    expect(performance.now() - really - (clock.now() - before)).toBeGreaterThan(250);
  });
});

function keepBusy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
