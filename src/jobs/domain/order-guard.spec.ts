import { decideOrder, type KnownRun } from './order-guard';

const at = (minute: number) => new Date(Date.UTC(2021, 0, 1, 0, minute));
const run = (ordinal: number, uuid: string, lastCount: number, receivedAt: Date | null = null): KnownRun => ({
  ordinal,
  uuid,
  lastCount,
  receivedAt,
  run: 1,
});

describe('the order guard', () => {
  it('takes the first run it hears of', () => {
    expect(decideOrder([], 1, { uuid: 'a', count: 2 }, undefined)).toEqual({ kind: 'new', ordinal: 1 });
  });

  it('takes a higher count of the same run, gaps included', () => {
    expect(decideOrder([run(1, 'a', 0)], 1, { uuid: 'a', count: 5 }, undefined)).toEqual({
      kind: 'current',
      ordinal: 1,
    });
  });

  it.each([0, 1])('drops count %i after count 1 of the same run', (count) => {
    expect(decideOrder([run(1, 'a', 1)], 1, { uuid: 'a', count }, undefined)).toEqual({
      kind: 'stale',
      reason: 'overtaken',
    });
  });

  it('treats 0 as a count like any other', () => {
    expect(decideOrder([run(1, 'a', 0)], 1, { uuid: 'a', count: 0 }, undefined)).toEqual({
      kind: 'stale',
      reason: 'overtaken',
    });
  });

  it('lets a run that was not seen before take over', () => {
    expect(decideOrder([run(1, 'a', 3)], 1, { uuid: 'b', count: 0 }, undefined)).toEqual({ kind: 'new', ordinal: 2 });
  });

  it('drops what an older run still says, whatever its count', () => {
    const runs = [run(1, 'a', 0), run(2, 'b', 0)];
    expect(decideOrder(runs, 1, { uuid: 'a', count: 9 }, undefined)).toEqual({ kind: 'stale', reason: 'older_run' });
  });

  it('recognises an older run that it hears of late by when the job was picked up', () => {
    const runs = [run(1, 'b', 1, at(5))];
    expect(decideOrder(runs, 1, { uuid: 'a', count: 0 }, at(4))).toEqual({ kind: 'stale', reason: 'older_run' });
    expect(decideOrder(runs, 1, { uuid: 'c', count: 0 }, at(5))).toEqual({ kind: 'new', ordinal: 2 });
  });

  it('does not ask clocks about a run that begins after the job was started over', () => {
    const slowClock = { uuid: 'b', count: 0 };
    expect(decideOrder([run(1, 'a', 1, at(5))], 2, slowClock, at(4))).toEqual({ kind: 'new', ordinal: 2 });
  });
});
