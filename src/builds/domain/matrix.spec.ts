import fc from 'fast-check';
import { JOB_STATES, RESULTS, type JobState } from '../../contracts/states';
import { matrixDuration, matrixFinished, matrixResult, type MatrixJob } from './matrix';

const job = (state: JobState, allowFailure = false, seconds: number | null = null): MatrixJob => ({
  state,
  allowFailure,
  startedAt: seconds === null ? null : new Date(0),
  finishedAt: seconds === null ? null : new Date(seconds * 1000),
});

describe('the matrix of a build or stage', () => {
  it.each([
    ['passed and passed', [job('passed'), job('passed')], true, true, 'passed'],
    ['failed and failed', [job('failed'), job('failed')], true, true, 'failed'],
    ['required passed, allowed started', [job('passed'), job('started', true)], true, false, 'passed'],
    ['required passed, allowed failed', [job('passed'), job('failed', true)], true, true, 'passed'],
    ['required failed, allowed passed', [job('failed'), job('passed', true)], true, true, 'failed'],
  ] as const)('%s', (_name, jobs, withFastFinish, without, result) => {
    expect(matrixFinished(jobs, true)).toBe(withFastFinish);
    expect(matrixFinished(jobs, false)).toBe(without);
    expect(matrixResult(jobs)).toBe(result);
  });

  it('is not over while a required job runs, and then has no result', () => {
    const jobs = [job('started'), job('passed')];
    expect(matrixFinished(jobs, true)).toBe(false);
    expect(() => matrixResult(jobs)).toThrow('still started');
  });

  it('is over and passed without jobs', () => {
    expect(matrixFinished([], false)).toBe(true);
    expect(matrixResult([])).toBe('passed');
    expect(matrixDuration([], false)).toBeNull();
  });

  it('never ends early when no job is required', () => {
    expect(matrixFinished([job('passed', true), job('started', true)], true)).toBe(false);
  });

  it('takes the worst result of the required jobs: canceled, errored, failed, passed', () => {
    const worst = [...RESULTS].reverse();
    for (const [i, result] of worst.entries()) {
      expect(matrixResult(worst.slice(i).map((state) => job(state)))).toBe(result);
    }
  });

  it('sums whole seconds per job and counts a job without times as nothing', () => {
    expect(matrixDuration([job('passed', false, 60.9), job('failed', false, 120), job('passed')], false)).toBe(180);
    expect(matrixDuration([job('passed')], false)).toBe(0);
    expect(matrixDuration([job('started')], false)).toBeNull();
    expect(matrixDuration([{ ...job('passed'), startedAt: new Date(5000), finishedAt: new Date(0) }], false)).toBe(-5);
  });

  const jobs = fc.array(fc.record({ state: fc.constantFrom(...JOB_STATES), allowFailure: fc.boolean() }), {
    maxLength: 6,
  });

  it('does not depend on the order of the jobs', () => {
    fc.assert(
      fc.property(jobs, fc.boolean(), (list, fastFinish) => {
        const all = list.map(({ state, allowFailure }) => job(state, allowFailure));
        const reversed = [...all].reverse();
        const look = (some: readonly MatrixJob[]) => (matrixFinished(some, fastFinish) ? matrixResult(some) : 'open');
        expect(look(reversed)).toBe(look(all));
      }),
    );
  });
});
