import { planBuilds, type PlannedJob } from './plan';
import { scriptOf, type Script } from './script';
import { MODES, type Mode, type Trouble } from './troubles';

const plan = (seed: number, mode: Mode = 'amqp', chaos = true, jobs = 600) => planBuilds({ jobs, seed, mode, chaos });
const jobsOf = (builds: ReturnType<typeof planBuilds>): readonly PlannedJob[] => builds.flatMap(({ jobs }) => jobs);
const scripts = (seed: number, mode: Mode): Script[] => jobsOf(plan(seed, mode)).map((job) => scriptOf(seed, job, 1));

describe('the plan of a simulation', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(plan(7)).toEqual(plan(7));
    expect(scripts(7, 'amqp')).toEqual(scripts(7, 'amqp'));
    expect(plan(8)).not.toEqual(plan(7));
  });

  it.each([1, 2, 59, 600])('has exactly %i jobs in builds of 1 to 6', (count) => {
    const builds = plan(3, 'amqp', true, count);
    expect(jobsOf(builds).map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i));
    for (const { jobs } of builds) expect([1, 2, 3, 4, 5, 6]).toContain(jobs.length);
  });

  it('has stages in about a third of the builds, and each stage has jobs', () => {
    const builds = plan(3);
    const staged = builds.filter(({ stages }) => stages > 0);
    expect(staged.length / builds.length).toBeGreaterThan(0.2);
    expect(staged.length / builds.length).toBeLessThan(0.45);
    for (const { stages, jobs } of staged) expect(new Set(jobs.map(({ stage }) => stage)).size).toBe(stages);
  });

  it('has people who cancel and restart, and a canceled job is one that has to pass', () => {
    const builds = plan(3);
    const acts = builds.map(({ person }) => person?.act);
    for (const act of ['cancel_job', 'cancel_build', 'restart_job', 'restart_build']) expect(acts).toContain(act);
    for (const { person, jobs } of builds) {
      expect(person?.act.startsWith('cancel') === true && jobs[person.job]?.allowFailure).not.toBe(true);
    }
  });

  it('meets no trouble without chaos', () => {
    expect(new Set(jobsOf(plan(3, 'amqp', false)).map(({ trouble }) => trouble))).toEqual(new Set(['none']));
  });

  it.each([
    ['amqp', ['swapped', 'delayed', 'repeated', 'lost', 'dies', 'late', 'zombie', 'unacked', 'cut']],
    ['http', ['repeated', 'slow', 'aborted', 'unanswered', 'dies', 'board_down']],
  ] as const)('meets every trouble of mode %s with 60 jobs already', (mode, troubles: readonly Trouble[]) => {
    for (const seed of [1, 2, 3]) {
      const met = jobsOf(plan(seed, mode, true, 60)).map(({ trouble }) => trouble);
      expect(met).toEqual(expect.arrayContaining([...troubles, 'none']));
    }
  });
});

describe('the script of a run', () => {
  it('says things in an order in which a worker can, and ends', () => {
    for (const mode of MODES) {
      for (const { lines } of scripts(5, mode)) {
        expect(lines.map(({ step }) => step).join(' ')).toMatch(/^receive (start )?(passed|failed|errored|reset)$/);
      }
    }
  });

  it('never loses or holds back the last word: without it a job of the broker would never end', () => {
    for (const { lines } of scripts(5, 'amqp')) {
      expect(lines.at(-1)).toMatchObject({ lost: false, behindNext: false, delayMs: 0 });
    }
  });

  it('goes well from the second run on, so that every job ends', () => {
    for (const job of jobsOf(plan(5))) {
      const { lines, ...rest } = scriptOf(5, job, 2);
      expect(rest).toEqual({ diesAfter: null, ghost: null, cutAt: null, again: false, deaf: false, boardDown: false });
      expect(lines.some(({ step, lost }) => step === 'reset' || lost)).toBe(false);
    }
  });

  it('ends otherwise when a job is run again although it is over', () => {
    const unacked = jobsOf(plan(5)).filter(({ trouble }) => trouble === 'unacked');
    expect(unacked.length).toBeGreaterThan(0);
    for (const job of unacked) {
      const [first, second] = [1, 2].map((run) => scriptOf(5, job, run).lines.at(-1)?.step);
      expect(second).not.toBe(first);
    }
  });

  it('lets a worker die before its last word', () => {
    const deaths = scripts(5, 'amqp').filter(({ diesAfter }) => diesAfter !== null);
    expect(deaths.length).toBeGreaterThan(0);
    for (const { diesAfter, lines } of deaths) expect(diesAfter).toBeLessThan(lines.length);
  });
});
