import { legalHistories, stateAfter, type Said } from './job-model';
import type { Act, Report } from './story';

const said = (report: Report, run: number, count: number, sure = true): Said => ({
  act: { kind: 'report', report, run, count, copies: 1, careless: !sure },
  sure,
});
const wish = (what: 'cancel' | 'restart', sure = true): Said => ({ act: { kind: 'wish', wish: what }, sure });
const histories = (...scenes: readonly (readonly Said[])[]) => [...legalHistories(scenes)].sort();

const R = said('receive', 1, 0);
const S = said('start', 1, 1);
const E = said('passed', 1, 2);

describe('the histories that a job may have', () => {
  it('are one when each report is heard before the next is made', () => {
    expect(histories([R], [S], [E])).toEqual(['received started finished:passed']);
    expect(histories([S], [E])).toEqual(['started finished:passed']);
    expect(histories()).toEqual(['']);
  });

  it('are all that orders can bring about when reports are made together', () => {
    expect(histories([R, S, E])).toEqual([
      'finished:passed',
      'received finished:passed',
      'received started finished:passed',
      'started finished:passed',
    ]);
  });

  it('do not change when something is said again', () => {
    expect(histories([R, R], [R, S, S], [E, S], [R, E])).toEqual(['received started finished:passed']);
  });

  it('start over with a reset, also when it overtakes the start of its run', () => {
    const again = [[said('receive', 2, 0)], [said('passed', 2, 2)]] as const;
    expect(histories([R], [said('reset', 1, 2), S], ...again)).toEqual([
      'received restarted received finished:passed',
      'received started restarted received finished:passed',
    ]);
  });

  it('belong to the latest run while the job runs, and to the run that ended it afterwards', () => {
    const second = [said('receive', 2, 0), said('start', 2, 1), said('failed', 2, 2)];
    expect(histories([R], [S], second, [E])).toEqual(['received started finished:failed']);
    expect(histories([R], [S], [E], second)).toEqual(['received started finished:passed']);
  });

  it('are several when nobody knows what was heard', () => {
    const unsure = said('passed', 1, 2, false);
    expect(histories([R], [S], [unsure, said('failed', 2, 2)])).toEqual([
      'received started finished:failed',
      'received started finished:passed',
    ]);
    expect(histories([R], [wish('cancel', false)])).toEqual(['received', 'received canceled']);
  });

  it('end with a cancel, whatever is said later, and start over with a restart', () => {
    expect(histories([R], [wish('cancel')], [S, E])).toEqual(['received canceled']);
    expect(histories([E], [wish('restart')], [said('start', 2, 1)])).toEqual(['finished:passed restarted started']);
  });

  it('cannot be told for more acts at a time than the model can go through', () => {
    const acts = Array<Said>(7).fill({ act: { kind: 'wish', wish: 'cancel' } satisfies Act, sure: true });
    expect(() => legalHistories([acts])).toThrow('too long');
  });
});

describe('the state after a history', () => {
  it('is what its last event says', () => {
    expect(stateAfter([])).toBe('created');
    expect(stateAfter(['received', 'started'])).toBe('started');
    expect(stateAfter(['finished:failed'])).toBe('failed');
    expect(stateAfter(['finished:failed', 'restarted'])).toBe('created');
    expect(stateAfter(['canceled'])).toBe('canceled');
  });
});
