import { join } from 'node:path';
import { compareStep } from '../vectors/compare';
import type { Observation } from '../vectors/observe';
import { readVectors, type Rows, type Step, type Vector } from '../vectors/vector';

/**
 * A comparison that passes everything would make every vector green. So each kind of value gets a planted mismatch here,
 * and each deviation is shown three times: the recorded value fails, ours passes, a third one fails.
 */

const SAMPLE = readVectors(join(__dirname, '../vectors/sample.jsonl'));
const NOW = new Date('2026-03-01T10:00:07.000Z');
const CLOCK = { from: NOW, to: NOW };

interface Found {
  readonly vector: Vector;
  readonly step: Step;
  readonly before: Rows;
}

/** The first step of the sample (never a vector's first, so that there are rows before it) that fits. */
function find(fits: (step: Step, before: Rows) => boolean): Found {
  for (const vector of SAMPLE) {
    for (const [index, step] of vector.steps.entries()) {
      const before = vector.steps[index - 1]?.after;
      if (before && fits(step, before)) return { vector, step, before };
    }
  }
  throw new Error('the sample has no such step');
}

const meets =
  (...ids: string[]) =>
  (step: Step) =>
    ids.every((id) => step.deviations?.includes(id)) && step.deviations?.length === ids.length;

/** What the database would hold if Hub did exactly what was recorded. */
function asRecorded(step: Step, change: Partial<Observation> = {}): Observation {
  const recorded = {
    after: step.after,
    events: step.events,
    broadcasts: step.broadcasts,
    log_clears: step.log_clears,
    log_parts: step.log_parts ?? [],
    new_versions: step.new_versions ?? [],
    problems: [],
  };
  return { ...recorded, ...change };
}

/** A copy with the value at a path replaced. */
function planted<T>(value: T, path: string, replacement: unknown): T {
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, copy);
  parent[last] = replacement;
  return copy as T;
}

const fieldsOf = (step: Step, before: Rows, got: Observation): string[] =>
  compareStep(step, before, got, CLOCK).map(({ field }) => field);

const withoutNow = (step: Step): boolean => !JSON.stringify(step.after).includes('"NOW"');
const plain = (step: Step): boolean => !step.may_differ && withoutNow(step);

describe('comparing a step with its recording', () => {
  it('finds nothing when everything is as recorded', () => {
    const steps = SAMPLE.flatMap(({ steps }) =>
      steps.slice(1).map((step, index) => ({ step, before: (steps[index] as Step).after })),
    );
    const plainSteps = steps.filter(({ step }) => plain(step));
    expect(plainSteps.length).toBeGreaterThan(50);
    for (const { step, before } of plainSteps) expect(fieldsOf(step, before, asRecorded(step))).toEqual([]);
  });

  it.each([
    ['after.jobs.0.state', 'canceled'],
    ['after.jobs.0.queued_at', '2021-01-01T00:00:01Z'],
    ['after.jobs.0.received_at', '2021-01-01T00:00:01Z'],
    ['after.jobs.0.started_at', '2021-01-01T00:00:01.500Z'],
    ['after.jobs.0.finished_at', null],
    ['after.jobs.0.queueable', true],
    ['after.jobs.0.canceled_at_set', true],
    ['after.jobs.0.restarted_at_set', true],
    ['after.jobs.0.versions', 7],
    ['after.stages.0.state', 'errored'],
    ['after.stages.0.started_at', '2021-01-01T00:00:01Z'],
    ['after.build.state', 'errored'],
    ['after.build.duration', 12345],
    ['after.build.finished_at', '2021-01-01T00:00:01Z'],
    ['after.build.restarted_at_set', true],
    ['after.repository.last_build_is_this', false],
    ['after.repository.last_build_number', '99'],
    ['after.repository.last_build_state', 'errored'],
    ['after.repository.last_build_started_at', null],
  ])('finds a wrong %s', (path, wrong) => {
    const { step, before } = find(
      (one) =>
        plain(one) &&
        one.after.stages.length > 0 &&
        one.after.build.state === 'passed' &&
        one.after.jobs[0]?.state === 'passed',
    );
    const got = asRecorded(step, { after: planted(step.after, path.replace('after.', ''), wrong) });
    expect(fieldsOf(step, before, got)).toEqual([path]);
  });

  it('finds a job, a stage or an other build too many or too few', () => {
    const { step, before } = find(
      (one) => plain(one) && one.after.jobs.length > 1 && one.after.stages.length > 0 && !one.after.other_builds,
    );
    const { jobs, stages } = step.after;
    const tooFew = asRecorded(step, { after: { ...step.after, jobs: jobs.slice(1) } });
    const tooMany = asRecorded(step, { after: { ...step.after, stages: [...stages, ...stages] } });
    const unasked = asRecorded(step, { after: { ...step.after, other_builds: [] } });
    expect(fieldsOf(step, before, tooFew)).not.toEqual([]);
    expect(fieldsOf(step, before, tooMany)).not.toEqual([]);
    expect(fieldsOf(step, before, unasked)).toEqual(['after.other_builds']);
  });

  it('finds a wrong row of another build', () => {
    const { step, before } = find((one) => plain(one) && one.after.other_builds !== undefined);
    const wrong = planted(step.after, 'other_builds.0.jobs.0.state', 'created');
    expect(fieldsOf(step, before, asRecorded(step, { after: wrong }))).toEqual(['after.other_builds.0.jobs.0.state']);
  });

  it('finds missing, additional and swapped events', () => {
    const { step, before } = find((one) => plain(one) && one.events.length > 1);
    for (const events of [step.events.slice(1), [...step.events, 'job:started:0'], [...step.events].reverse(), []]) {
      expect(fieldsOf(step, before, asRecorded(step, { events }))).toEqual(['events']);
    }
  });

  it('finds wrong broadcasts, their reasons and their order', () => {
    const { step, before } = find((one) => one.broadcasts.length > 1 && !one.may_differ?.includes('broadcasts'));
    const [first, ...rest] = step.broadcasts;
    const base = asRecorded(step);
    const reworded = [{ ...first, reason: 'Nobody knows' }, ...rest] as Observation['broadcasts'];
    for (const broadcasts of [[], rest, [...step.broadcasts].reverse(), reworded]) {
      expect(fieldsOf(step, before, { ...base, broadcasts })).toContain('broadcasts');
    }
    expect(fieldsOf(step, before, base)).not.toContain('broadcasts');
  });

  it('finds log clears, log parts and versions that are missing or not asked for', () => {
    const { step, before } = find((one) => plain(one) && one.new_versions?.length === 1);
    const [version] = step.new_versions ?? [];
    expect(fieldsOf(step, before, asRecorded(step, { log_clears: [] }))).toEqual(['log_clears']);
    expect(fieldsOf(step, before, asRecorded(step, { log_parts: [0] }))).toEqual(['log_parts']);
    expect(fieldsOf(step, before, asRecorded(step, { new_versions: [] }))).not.toEqual([]);
    const twice = [version, version] as Observation['new_versions'];
    expect(fieldsOf(step, before, asRecorded(step, { new_versions: twice }))).not.toEqual([]);
    const renumbered = planted(asRecorded(step), 'new_versions.0.number', 9);
    expect(fieldsOf(step, before, renumbered)).toEqual(['new_versions.0.number']);
  });

  it('reports a message that failed or was parked', () => {
    const { step, before } = find(plain);
    const got = asRecorded(step, { problems: ['the message was parked as unknown_job: …'] });
    expect(compareStep(step, before, got, CLOCK)).toEqual([
      {
        field: 'outcome',
        expected: '"applied, ignored or refused"',
        got: '"the message was parked as unknown_job: …"',
      },
    ]);
  });
});

describe('times from the clock', () => {
  const setNow = find((one) => one.set_now?.some((path) => path.startsWith('jobs.')) === true);
  const path = setNow.step.set_now?.find((one) => one.startsWith('jobs.')) as string;
  const fieldWith = (value: unknown, clock = CLOCK): string[] =>
    compareStep(
      setNow.step,
      setNow.before,
      asRecorded(setNow.step, { after: planted(setNow.step.after, path, value) }),
      clock,
    )
      .map(({ field }) => field)
      .filter((field) => field === `after.${path}`);

  it('must be the instant of a frozen clock', () => {
    expect(fieldWith('2026-03-01T10:00:07Z')).toEqual([]);
    expect(fieldWith('2026-03-01T10:00:07.001Z')).toEqual([`after.${path}`]);
    expect(fieldWith('2026-03-01T10:00:00Z')).toEqual([`after.${path}`]);
    expect(fieldWith(null)).toEqual([`after.${path}`]);
    expect(fieldWith('2021-03-01T10:00:00Z')).toEqual([`after.${path}`]);
  });

  it('must lie between publish and ack, whole seconds allowed', () => {
    const clock = { from: new Date('2026-03-01T10:00:07.400Z'), to: new Date('2026-03-01T10:00:09.100Z') };
    expect(fieldWith('2026-03-01T10:00:07Z', clock)).toEqual([]);
    expect(fieldWith('2026-03-01T10:00:09.1Z', clock)).toEqual([]);
    expect(fieldWith('2026-03-01T10:00:06.999Z', clock)).toEqual([`after.${path}`]);
    expect(fieldWith('2026-03-01T10:00:09.101Z', clock)).toEqual([`after.${path}`]);
  });

  it('must stay what they were in later steps', () => {
    const { step, before } = find(
      (one, rows) => plainButNow(one) && one.after.build.finished_at === 'NOW' && rows.build.finished_at === 'NOW',
    );
    const earlier = '2026-03-01T09:59:00Z';
    const check = (value: string): string[] =>
      fieldsOf(
        step,
        planted(before, 'build.finished_at', earlier),
        asRecorded(step, { after: planted(step.after, 'build.finished_at', value) }),
      ).filter((field) => field === 'after.build.finished_at');
    expect(check(earlier)).toEqual([]);
    expect(check('2026-03-01T10:00:07Z')).toEqual(['after.build.finished_at']);
  });

  const plainButNow = (step: Step): boolean => !step.set_now && !step.may_differ?.some((one) => one.includes('build'));

  it('make a duration the sum of the jobs whole seconds', () => {
    const { step, before } = find((one, rows) => one.after.build.duration === 'NOW' && rows.build.duration === null);
    const jobs = step.after.jobs.map((job) => ({
      ...job,
      started_at: '2026-03-01T10:00:00.900Z',
      finished_at: '2026-03-01T10:00:03.800Z',
    }));
    const check = (duration: unknown): string[] =>
      fieldsOf(
        step,
        before,
        asRecorded(step, { after: { ...step.after, jobs, build: { ...step.after.build, duration } as Rows['build'] } }),
      ).filter((field) => field === 'after.build.duration');
    expect(check(2 * jobs.length)).toEqual([]);
    expect(check(2 * jobs.length + 1)).toEqual(['after.build.duration']);
    expect(check(null)).toEqual(['after.build.duration']);
  });
});

describe('known deviations', () => {
  it('B7: build:finished is emitted once, and the build keeps its duration and canceled_at', () => {
    const { step, before } = find((one) => meets('B7')(one) && !one.may_differ?.some((path) => path.includes('jobs')));
    const ours = asRecorded(step, {
      events: step.events.filter((name) => name !== 'build:finished'),
      after: {
        ...step.after,
        build: { ...step.after.build, duration: before.build.duration, canceled_at_set: before.build.canceled_at_set },
        repository: { ...step.after.repository, last_build_duration: before.repository.last_build_duration },
      },
    });
    const fields = ['after.build.duration', 'after.repository.last_build_duration', 'events'];
    expect(fieldsOf(step, before, ours)).toEqual([]);
    expect(fieldsOf(step, before, asRecorded(step))).toEqual(expect.arrayContaining(['events']));
    expect(fieldsOf(step, before, planted(ours, 'after.build.duration', 4711))).toContain(fields[0]);
    expect(fieldsOf(step, before, planted(ours, 'after.repository.last_build_duration', 4711))).toContain(fields[1]);
    expect(fieldsOf(step, before, { ...ours, events: [] })).toContain(fields[2]);
  });

  it('B12: a cascade sets canceled_at, removes queueable rows and tells the workers of jobs at work', () => {
    const { step, before } = find((one) => meets('B12')(one) && one.may_differ?.includes('broadcasts') === true);
    const cascaded = step.after.jobs.flatMap((job, index) => {
      const was = before.jobs[index]?.state;
      return job.state === 'canceled' && was !== 'canceled' && index !== step.job ? [{ index, was }] : [];
    });
    const atWork = cascaded
      .filter(({ was }) => was !== 'created')
      .map(({ index }) => ({ job: index, reason: 'A stage failed' }));
    const jobs = step.after.jobs.map((job) =>
      job.state === 'canceled' ? { ...job, canceled_at_set: true, queueable: false } : job,
    );
    const ours = asRecorded(step, {
      after: { ...step.after, jobs },
      broadcasts: [...step.broadcasts, ...atWork].reverse(),
    });
    const differing = fieldsOf(step, before, asRecorded(step));
    const [first] = cascaded;
    const path = `after.jobs.${first?.index}`;
    const withinRules = (got: Observation): string[] =>
      fieldsOf(step, before, got).filter((field) => !nowPaths(step).includes(field));
    expect(atWork).not.toEqual([]);
    expect(withinRules(ours)).toEqual([]);
    expect(differing).toEqual(expect.arrayContaining([`${path}.canceled_at_set`, 'broadcasts']));
    expect(withinRules(planted(ours, `${path}.queueable`, true))).toEqual([`${path}.queueable`]);
    expect(withinRules({ ...ours, broadcasts: [...ours.broadcasts, { job: step.job ?? 0, reason: 'x' }] })).toEqual([
      'broadcasts',
    ]);
    expect(withinRules({ ...ours, broadcasts: ours.broadcasts.map((one) => ({ ...one, reason: '' })) })).toEqual([
      'broadcasts',
    ]);
  });

  it('B13: only the logs of jobs that were not finished get their last words', () => {
    const { step, before } = find((one) => one.deviations?.includes('B13') === true);
    const open = (step.log_parts ?? []).filter(
      (job) => !['passed', 'failed', 'errored', 'canceled'].includes(before.jobs[Number(job)]?.state ?? ''),
    );
    const check = (log_parts: Observation['log_parts']): string[] =>
      fieldsOf(step, before, asRecorded(step, { log_parts })).filter((field) => field === 'log_parts');
    expect(open).not.toEqual(step.log_parts);
    expect(check(open)).toEqual([]);
    expect(check(step.log_parts ?? [])).toEqual(['log_parts']);
    expect(check([...open, 99])).toEqual(['log_parts']);
  });

  it('B15: build:restarted is emitted once for the whole build', () => {
    const { step, before } = find(meets('B15'));
    const first = step.events.indexOf('build:restarted');
    const once = step.events.filter((name, index) => name !== 'build:restarted' || index === first);
    const check = (events: readonly string[]): string[] =>
      fieldsOf(step, before, asRecorded(step, { events })).filter((field) => field === 'events');
    expect(check(once)).toEqual([]);
    expect(check(step.events)).toEqual(['events']);
    expect(check(once.filter((name) => name !== 'build:restarted'))).toEqual(['events']);
    expect(check([...once].reverse())).toEqual(['events']);
  });

  it('B16: a reset restarts the build by a name that somebody hears', () => {
    const { step, before } = find(meets('B16'));
    const ours = step.events.map((name) => name.replace('build:reseted', 'build:restarted'));
    expect(step.events).not.toEqual(ours);
    expect(fieldsOf(step, before, asRecorded(step, { events: ours }))).not.toContain('events');
    expect(fieldsOf(step, before, asRecorded(step))).toContain('events');
    expect(fieldsOf(step, before, asRecorded(step, { events: ours.slice(1) }))).toContain('events');
  });

  it('B17: the repository tells of its last build or of the build that ended, but of nothing else', () => {
    const { step, before } = find((one) => one.deviations?.includes('B17') === true && withoutNow(one));
    const path = 'after.repository.last_build_state';
    const check = (state: unknown): boolean =>
      fieldsOf(step, before, planted(asRecorded(step), path, state)).includes(path);
    expect(check(step.after.repository.last_build_state)).toBe(false);
    expect(check(before.repository.last_build_state)).toBe(false);
    expect(check('neither')).toBe(true);
  });

  it('B26: a job that finishes loses its queueable row', () => {
    const { step, before } = find(meets('B26'));
    const path = `after.jobs.${step.job}.queueable`;
    const check = (queueable: boolean): boolean =>
      fieldsOf(step, before, planted(asRecorded(step), path, queueable)).includes(path);
    expect(check(false)).toBe(false);
    expect(check(true)).toBe(true);
  });

  it('B30: a canceled job that a worker still reports is told to stop once', () => {
    const { step, before } = find((one) => meets('B30')(one) && one.type === 'job:start');
    const check = (broadcasts: Observation['broadcasts']): boolean =>
      fieldsOf(step, before, asRecorded(step, { broadcasts })).includes('broadcasts');
    expect(check(step.broadcasts.slice(0, 1))).toBe(false);
    expect(check(step.broadcasts)).toBe(true);
    expect(check([])).toBe(true);
  });

  it('B30: canceling a build tells only the workers of jobs that were not finished', () => {
    const { step, before } = find((one) => one.deviations?.includes('B30') === true && one.type === 'build:cancel');
    const finished = (job: unknown): boolean =>
      ['passed', 'failed', 'errored', 'canceled'].includes(before.jobs[Number(job)]?.state ?? '');
    const check = (broadcasts: Observation['broadcasts']): boolean =>
      fieldsOf(step, before, asRecorded(step, { broadcasts })).includes('broadcasts');
    expect(check(step.broadcasts.filter(({ job }) => !finished(job)))).toBe(false);
    expect(check(step.broadcasts)).toBe(true);
    expect(check(step.broadcasts.filter(({ job }) => finished(job)))).toBe(true);
  });
});

/** Fields that hold the word NOW here, because nothing ran. */
function nowPaths(step: Step): string[] {
  return [
    ...(step.set_now ?? []).map((path) => `after.${path}`),
    'after.build.duration',
    'after.repository.last_build_duration',
  ];
}
