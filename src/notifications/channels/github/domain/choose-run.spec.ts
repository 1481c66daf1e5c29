import { chooseRun, type KnownRun } from './choose-run';

const FIRST = '2026-01-01T10:00:00.000Z';
const SECOND = '2026-01-01T11:00:00.000Z';
const run = (id: number, completed: boolean, restartedAt: string | null = null): KnownRun => ({
  id,
  completed,
  restartedAt,
});

describe('chooseRun', () => {
  it.each<[string, KnownRun[], boolean, string | null, object]>([
    ['no run, a start', [], false, null, { kind: 'create' }],
    ['no run, the end: what came before it was lost', [], true, null, { kind: 'create' }],
    ['an open run, a start', [run(1, false)], false, null, { kind: 'update', id: 1 }],
    ['an open run, the end', [run(1, false)], true, null, { kind: 'update', id: 1 }],
    ['a completed run, the end once more', [run(1, true)], true, null, { kind: 'update', id: 1 }],
    ['a completed run, a restart', [run(1, true)], false, FIRST, { kind: 'create' }],
    [
      'a completed run, the end after a restart of which nothing was told',
      [run(1, true)],
      true,
      FIRST,
      { kind: 'create' },
    ],
    [
      'a completed run, a restart that was told before',
      [run(2, false, FIRST), run(1, true)],
      false,
      FIRST,
      { kind: 'update', id: 2 },
    ],
    [
      'a completed run of a restart, its end once more',
      [run(2, true, FIRST), run(1, true)],
      true,
      FIRST,
      { kind: 'update', id: 2 },
    ],
    [
      'a completed run of a restart, the next restart',
      [run(1, true), run(2, true, FIRST)],
      false,
      SECOND,
      { kind: 'create' },
    ],
    ['an open run, a restart before it was completed', [run(1, false)], false, FIRST, { kind: 'update', id: 1 }],
  ])('%s', (_what, runs, completed, restartedAt, expected) => {
    expect(chooseRun(runs, { completed, restartedAt })).toEqual(expected);
  });

  it.each<[string, KnownRun[], boolean, string | null, string]>([
    ['a start after the end', [run(1, true)], false, null, 'completed already'],
    ['the end of the run before the restart', [run(2, false, FIRST)], true, null, 'restarted since'],
    ['a start of the run before the last restart', [run(3, true, SECOND)], false, FIRST, 'restarted since'],
  ])('drops what comes too late: %s', (_what, runs, completed, restartedAt, reason) => {
    expect(chooseRun(runs, { completed, restartedAt })).toEqual({
      kind: 'outdated',
      reason: expect.stringContaining(reason),
    });
  });
});
