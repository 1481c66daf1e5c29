import type { JobState } from '../../contracts/states';
import { buildStates, cascadeReaches, type JobOfBuild } from './build-model';

const job = (state: JobState, stage: number | null = null, allowFailure = false): JobOfBuild => ({
  state,
  stage,
  allowFailure,
});
const states = (...jobs: readonly JobOfBuild[]) => [...buildStates(jobs)];

describe('what a build must be', () => {
  it('is the worst that a job which has to pass is', () => {
    expect(states(job('passed'), job('failed'), job('errored'))).toEqual(['errored']);
    expect(states(job('passed'), job('failed', null, true))).toEqual(['passed']);
    expect(states(job('failed', null, true))).toEqual(['passed']);
  });

  it('is that of the first stage that did not pass', () => {
    expect(states(job('passed', 0), job('failed', 1), job('canceled', 2))).toEqual(['failed']);
    expect(states(job('failed', 0, true), job('passed', 0), job('passed', 1))).toEqual(['passed']);
  });

  it('is open as long as a job that has to pass is', () => {
    expect(states(job('passed'), job('started'))).toEqual([null]);
    expect(states(job('passed', 0), job('created', 1))).toEqual([null]);
  });

  it('depends on who was last when a job that may fail was canceled', () => {
    expect(states(job('passed'), job('canceled', null, true))).toEqual(['passed', 'canceled']);
  });
});

describe('a stage that does not pass', () => {
  const failed = job('failed', 0);

  it('may cancel what is open in other stages, and nothing else', () => {
    const later = job('canceled', 1);
    const sibling = job('canceled', 0);
    const open = new Set<JobState>(['created']);
    expect(cascadeReaches(later, open, [failed, later], false)).toBe(true);
    expect(cascadeReaches(sibling, open, [failed, sibling], false)).toBe(false);
    expect(cascadeReaches(later, open, [job('passed', 0), later], false)).toBe(false);
    expect(cascadeReaches(later, new Set(['passed'] as const), [failed, later], false)).toBe(false);
  });

  it('may cancel what runs on with fast_finish after its own stage has passed', () => {
    const runsOn = job('canceled', 0, true);
    const jobs = [job('passed', 0), runsOn, job('failed', 1)];
    expect(cascadeReaches(runsOn, new Set(['passed'] as const), jobs, true)).toBe(true);
    expect(cascadeReaches(runsOn, new Set(['passed'] as const), jobs, false)).toBe(false);
  });
});
