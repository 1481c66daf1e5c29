import { checkWhole, verdictOf } from './check';
import type { BuildEvidence, EventEvidence, JobEvidence } from './evidence';

/** A build of two jobs that went well, with everything in its place; each test damages one thing. */
function goodBuild(): BuildEvidence {
  const job = (id: number): JobEvidence => ({
    id,
    state: 'passed',
    stage: null,
    allowFailure: false,
    legal: new Set(['received started finished:passed']),
    untouched: false,
  });
  return {
    id: 1,
    state: 'passed',
    jobs: [job(11), job(12)],
    events: numbered([
      ['job:received', 11, 'received'],
      ['job:received', 12, 'received'],
      ['build:started', null, 'started'],
      ['job:started', 11, 'started'],
      ['job:started', 12, 'started'],
      ['job:finished', 12, 'passed'],
      ['build:finished', null, 'passed'],
      ['job:finished', 11, 'passed'],
    ]),
    deliveries: [
      { id: 1, eventId: 103, state: 'delivered' },
      { id: 2, eventId: 107, state: 'delivered' },
    ],
    tellings: [
      { deliveryId: 1, times: 1, bodies: ['x'], state: 'started' },
      { deliveryId: 2, times: 3, bodies: ['x'], state: 'passed' },
    ],
    targets: 1,
  };
}

function numbered(list: readonly (readonly [string, number | null, string])[]): EventEvidence[] {
  return list.map(([name, jobId, state], i) => ({ id: 101 + i, seq: i + 1, name, jobId, state }));
}

/** The good build with one thing changed. */
const damaged = (change: (build: BuildEvidence) => Partial<BuildEvidence>): string[] => {
  const build = goodBuild();
  return checkWhole({ ...build, ...change(build) }).map(({ kind, text }) => `${kind}: ${text}`);
};
/** Events numbered anew, as if what is missing or too much had always been so. */
const renumbered = (events: readonly EventEvidence[]) => events.map((event, i) => ({ ...event, seq: i + 1 }));
const without = (seq: number) => (build: BuildEvidence) => ({
  events: renumbered(build.events.filter((event) => event.seq !== seq)),
});
const twice = (seq: number) => (build: BuildEvidence) => ({
  events: renumbered(build.events.flatMap((event) => (event.seq === seq ? [event, { ...event, id: 999 }] : [event]))),
});
const event = (seq: number, changed: Partial<EventEvidence>) => (build: BuildEvidence) => ({
  events: build.events.map((each) => (each.seq === seq ? { ...each, ...changed } : each)),
});

describe('a build in which all is right', () => {
  it('has no findings, also when a repeat came under the same id', () => {
    expect(checkWhole(goodBuild())).toEqual([]);
    expect(verdictOf([])).toBe('lost 0 wrong 0 doubled 0 stuck 0');
  });

  it('may be one whose first stage failed and canceled the second', () => {
    const [first, second] = goodBuild().jobs;
    const failed: BuildEvidence = {
      ...goodBuild(),
      state: 'failed',
      jobs: [
        { ...first!, stage: 0, state: 'failed', legal: new Set(['finished:failed']) },
        { ...second!, stage: 1, state: 'canceled', legal: new Set(['']), untouched: true },
      ],
      events: numbered([
        ['job:finished', 12, 'canceled'],
        ['build:finished', null, 'failed'],
        ['job:finished', 11, 'failed'],
      ]),
      deliveries: [{ id: 2, eventId: 102, state: 'delivered' }],
      tellings: [{ deliveryId: 2, times: 1, bodies: ['x'], state: 'failed' }],
    };
    expect(checkWhole(failed)).toEqual([]);
    const passed = { ...failed.jobs[0]!, state: 'passed', legal: new Set(['finished:passed']) };
    expect(checkWhole({ ...failed, jobs: [passed, failed.jobs[1]!] })).not.toEqual([]);
  });
});

describe('what is planted is found', () => {
  it('a lost event of a job', () => {
    expect(damaged(without(5))).toEqual([
      'lost: job 12 has another history: its events are [received finished:passed], right is [received started finished:passed]',
    ]);
  });

  it('a doubled event of a job', () => {
    expect(damaged(twice(5))[0]).toMatch(/^doubled: job 12 has another history: .*started started/);
  });

  it('events of a job in another order', () => {
    const found = damaged(({ events }) => {
      const [first, , third, fourth, fifth, ...rest] = events;
      return { events: renumbered([first!, fifth!, third!, fourth!, events[1]!, ...rest]) };
    });
    expect(found[0]).toMatch(/^wrong: job 12 has another history: its events are \[started received/);
  });

  it('a lost event of the build', () => {
    expect(damaged(without(3))).toContain(
      'lost: build 1 never told build:started, which job:started (3) makes necessary',
    );
    expect(damaged(without(7)).join()).toContain('lost: build 1 never told build:finished');
  });

  it('a doubled event of the build', () => {
    expect(damaged(twice(7))).toContain('doubled: build 1 told build:finished 2 times');
    expect(damaged(twice(3))).toContain('doubled: build 1 told build:started 2 times');
  });

  it('an event of the build that nothing caused', () => {
    const { events } = goodBuild();
    const early = renumbered([...events.slice(0, 4), events[6]!, ...events.slice(4)]);
    expect(damaged(() => ({ events: early })).join()).toContain(
      'told build:finished (5), which job:started (6) does not',
    );
    expect(damaged(() => ({ events: [...events, { ...events[6]!, id: 998, seq: 9 }] })).join()).toContain(
      'wrong: build 1 tells build:finished (9) without a job that caused it',
    );
  });

  it('a gap in seq, at the beginning, in between, and a number given twice', () => {
    expect(damaged(({ events }) => ({ events: events.map((each) => ({ ...each, seq: each.seq + 1 })) }))).toEqual([
      'lost: build 1 has a gap in its events: 0 is followed by 2',
    ]);
    const fromFifth = ({ events }: BuildEvidence, by: number) => ({
      events: events.map((each) => (each.seq < 5 ? each : { ...each, seq: each.seq + by })),
    });
    expect(damaged((build) => fromFifth(build, 1))).toEqual([
      'lost: build 1 has a gap in its events: 4 is followed by 6',
    ]);
    expect(damaged((build) => fromFifth(build, -1))).toEqual(['doubled: build 1 has two events with the number 4']);
  });

  it('a wrong state of a job, a build, or what an event says of one', () => {
    const [first, second] = goodBuild().jobs;
    expect(damaged(() => ({ jobs: [first!, { ...second!, state: 'failed' }] }))).toEqual([
      'wrong: job 12 is failed, but its events say passed',
    ]);
    expect(damaged(() => ({ state: 'failed' }))[0]).toBe(
      'wrong: build 1 is failed, but its jobs and events say passed',
    );
    expect(damaged(event(6, { state: 'failed' })).join()).toContain('wrong: job 12 has another history');
    expect(damaged(event(7, { state: 'errored' })).join()).toContain(
      'wrong: build 1 told build:finished (7) as errored, its jobs make it passed',
    );
  });

  it('a job and a build that never end', () => {
    const [first, second] = goodBuild().jobs;
    expect(damaged(() => ({ jobs: [first!, { ...second!, state: 'started' }] })).join()).toContain(
      'stuck: job 12 is still started',
    );
    expect(damaged(() => ({ state: 'started' })).join()).toContain('stuck: build 1 is still started');
  });

  it('a report that was lost, so that its job never ends', () => {
    const [first, second] = goodBuild().jobs;
    const { events } = without(6)(goodBuild());
    const open = { ...second!, state: 'started' };
    expect(damaged(() => ({ state: 'started', events: events.slice(0, 5), jobs: [first!, open] })).join()).toContain(
      'lost: job 12 has another history: its events are [received started], right is [received started finished:passed]',
    );
  });

  it('a telling that was never planned, never came, or still waits', () => {
    const { deliveries, tellings } = goodBuild();
    expect(damaged(() => ({ deliveries: deliveries.slice(0, 1), tellings: tellings.slice(0, 1) }))).toEqual([
      'lost: build 1: build:finished (7) was planned for 0 of 1',
    ]);
    expect(damaged(() => ({ tellings: tellings.slice(0, 1) }))).toEqual([
      'lost: build 1: build:finished (7) is called delivered but never came (delivery 2)',
    ]);
    const inState = (state: string) => damaged(() => ({ deliveries: [deliveries[0]!, { ...deliveries[1]!, state }] }));
    expect(inState('pending')).toEqual(['stuck: build 1: build:finished (7) still waits to be delivered (delivery 2)']);
    expect(inState('failed')).toEqual(['lost: build 1: build:finished (7) ended as failed (delivery 2)']);
  });

  it('a telling under two ids, of which nobody planned, in two versions or with another state', () => {
    const { deliveries, tellings } = goodBuild();
    expect(damaged(() => ({ deliveries: [...deliveries, { ...deliveries[1]!, id: 3 }] })).join()).toContain(
      'doubled: build 1: build:finished (7) was planned 2 times for 1',
    );
    expect(damaged(() => ({ tellings: [...tellings, { ...tellings[1]!, deliveryId: 9 }] }))).toEqual([
      'doubled: build 1: was told of under delivery 9, which nobody planned',
    ]);
    expect(damaged(() => ({ tellings: [tellings[0]!, { ...tellings[1]!, bodies: ['abc', 'abd'] }] }))).toEqual([
      'wrong: build 1: delivery 2 came in 2 versions: "abc" and "abd"',
    ]);
    expect(damaged(() => ({ tellings: [tellings[0]!, { ...tellings[1]!, state: 'failed' }] }))).toEqual([
      'wrong: build 1: delivery 2 told failed, build:finished (7) is passed',
      'wrong: build 1: was told of last as failed, but is passed',
    ]);
  });

  it('and counted by its kind', () => {
    const finding = (kind: 'lost' | 'stuck') => ({ kind, about: '', buildId: 1, text: '' });
    expect(verdictOf([finding('lost'), finding('stuck'), finding('lost')])).toBe('lost 2 wrong 0 doubled 0 stuck 1');
  });
});
