import { faultsOf } from '../director';
import { FAULTS } from '../faults';
import { describePlan, digestOfPlan } from '../plan';
import { planBuild } from './traffic';

const builds = (seed: number) => Array.from({ length: 300 }, (_, i) => planBuild(seed, i));

describe('what a seed stands for', () => {
  it('is the same each time, and something else for another seed', () => {
    expect(builds(7)).toEqual(builds(7));
    expect(builds(7)).not.toEqual(builds(8));
    const first = (seed: number) => {
      const faults = faultsOf(seed);
      return Array.from({ length: 60 }, () => faults.next().value);
    };
    expect(first(7)).toEqual(first(7));
    expect(first(7)).not.toEqual(first(8));
  });

  it('is printed, and has a short name that differs for every seed', () => {
    const faults = Object.keys(FAULTS) as (keyof typeof FAULTS)[];
    const plan = (seed: number) => describePlan({ seed, faults });
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)[0]).toBe(`seed 7 (plan ${digestOfPlan({ seed: 7, faults })})`);
    expect(plan(7)).toContain(
      'build 1: ' +
        builds(7)[0]!
          .jobs.map(({ story }) => story.name)
          .join(', '),
    );
    expect(digestOfPlan({ seed: 7, faults })).not.toBe(digestOfPlan({ seed: 8, faults }));
  });

  it('lets each fault happen once before any comes again', () => {
    const faults = faultsOf(3);
    const names = Object.keys(FAULTS);
    expect(names.map(() => faults.next().value).sort()).toEqual([...names].sort());
  });

  it('has every story in it, clocks that are wrong, stages and jobs that may fail', () => {
    const jobs = builds(1).flatMap((build) => build.jobs);
    expect(new Set(jobs.map(({ story }) => story.name)).size).toBe(15);
    expect(jobs.some(({ story }) => story.skewsMs[0] !== story.skewsMs[1])).toBe(true);
    expect(jobs.some(({ stage }) => stage === 1)).toBe(true);
    expect(jobs.some(({ allowFailure }) => allowFailure)).toBe(true);
  });

  it('never has two jobs of a build that are restarted when it is over', () => {
    const restarts = builds(1).map(({ jobs }) =>
      jobs.filter(({ story }) => story.scenes.some(({ afterBuild }) => afterBuild)),
    );
    expect(restarts.filter((list) => list.length > 1)).toEqual([]);
  });
});
