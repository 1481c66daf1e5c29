import { expectationOf, type Act, type Called, type Said } from './model';
import type { Step } from './script';

const said = (step: Step, run: number | null, count: number, more: Partial<Said> = {}): Said => ({
  kind: 'said',
  step,
  run,
  count,
  sure: true,
  ...more,
});
/** A run that says all this, one after the other. */
const run = (number: number, ...steps: readonly Step[]): Said[] => steps.map((step, i) => said(step, number, i));
const called = (call: Called['call'], status = 200): Called => ({ kind: 'called', call, status });
const QUEUED = called('queue');
const after = (...acts: readonly Act[]): string[] => [...expectationOf(acts).states].sort();
const wrongAnswersTo = (...acts: readonly Act[]): readonly string[] => expectationOf(acts).wrongAnswers;

describe('what must become of a job whose worker reports over the broker', () => {
  it('is what its run says last', () => {
    expect(after()).toEqual(['created']);
    expect(after(QUEUED, ...run(1, 'receive', 'start'))).toEqual(['started']);
    expect(after(QUEUED, ...run(1, 'receive', 'start', 'errored'))).toEqual(['errored']);
    expect(after(QUEUED, ...run(1, 'receive', 'reset'))).toEqual(['created']);
  });

  it('does not depend on the order in which the reports of a run come, nor on how often', () => {
    const [receive, start, reset] = run(1, 'receive', 'start', 'reset') as [Said, Said, Said];
    for (const order of [
      [receive, reset, start],
      [start, reset, receive, start],
      [reset, reset, receive, start],
    ]) {
      expect(after(QUEUED, ...order)).toEqual(['created']);
    }
  });

  it('is not changed by what an older run still says', () => {
    const zombie = said('failed', 1, 2);
    expect(after(QUEUED, ...run(1, 'receive', 'start'), ...run(2, 'receive', 'start'), zombie)).toEqual(['started']);
    expect(after(QUEUED, ...run(1, 'receive'), ...run(2, 'receive', 'start', 'passed'), zombie)).toEqual(['passed']);
  });

  it('stays what the first run made it when the job is run again although it is over', () => {
    const first = [QUEUED, ...run(1, 'receive', 'start', 'passed')];
    expect(after(...first, ...run(2, 'receive', 'start', 'failed'))).toEqual(['passed']);
    expect(after(...first, called('restart'), ...run(2, 'receive', 'start', 'failed'))).toEqual(['failed']);
  });

  it('may be either when it is not known whether a report was heard', () => {
    const unsure = said('failed', 1, 2, { sure: false });
    const broken = [QUEUED, ...run(1, 'receive', 'start'), unsure];
    expect(after(...broken)).toEqual(['failed', 'started']);
    expect(after(...broken, ...run(2, 'receive', 'start', 'passed'))).toEqual(['failed', 'passed']);
    expect(after(...broken, ...run(2, 'receive', 'start', 'passed'), called('restart'))).toEqual(['created']);
  });
});

describe('what must become of a job that a person cancels', () => {
  it('is canceled when Hub said so, whatever was on its way', () => {
    const calling: Act = { kind: 'calling' };
    expect(after(QUEUED, called('cancel'), ...run(1, 'receive', 'start', 'passed'))).toEqual(['canceled']);
    expect(after(QUEUED, calling, ...run(1, 'receive', 'start', 'passed'), called('cancel'))).toEqual(['canceled']);
  });

  it('is what its worker made it when Hub refused', () => {
    const acts: Act[] = [QUEUED, { kind: 'calling' }, ...run(1, 'receive', 'start', 'passed'), called('cancel', 409)];
    expect(after(...acts)).toEqual(['passed']);
    expect(wrongAnswersTo(...acts)).toEqual([]);
  });

  it('may be either when the whole build was canceled while the end was on its way', () => {
    expect(after(QUEUED, ...run(1, 'receive', 'passed'), called('cancel_build'))).toEqual(['canceled', 'passed']);
    expect(after(QUEUED, ...run(1, 'receive'), called('cancel_build'))).toEqual(['canceled']);
  });

  it('may be either when Hub did not answer', () => {
    expect(after(QUEUED, { kind: 'calling' }, { ...called('cancel'), status: undefined })).toEqual([
      'canceled',
      'queued',
    ]);
  });
});

describe('what Hub must answer', () => {
  const over = (step: Step, status: number) => said(step, null, 1, { status });

  it('is 200 when a report changes the job and 409 when not', () => {
    const acts = [QUEUED, over('receive', 200), over('receive', 409), over('start', 200), over('receive', 409)];
    expect(wrongAnswersTo(...acts, over('passed', 200), over('failed', 409))).toEqual([]);
    expect(after(...acts, over('passed', 200), over('failed', 409))).toEqual(['passed']);
  });

  it('is not 409 to the first report: that makes a worker cancel itself', () => {
    expect(wrongAnswersTo(QUEUED, over('receive', 409), over('cancelled', 200))).toEqual([
      'the report "receive" for a job that was queued was answered 409 instead of 200',
    ]);
  });

  it('is not 200 when nothing changed', () => {
    expect(wrongAnswersTo(QUEUED, over('passed', 200), over('start', 200))).toHaveLength(1);
  });

  it('cannot be told while a cancel is on its way', () => {
    const acts = [QUEUED, { kind: 'calling' } as const];
    expect(wrongAnswersTo(...acts, over('receive', 409), called('cancel'))).toEqual([]);
    expect(wrongAnswersTo(...acts, over('receive', 200), called('cancel'))).toEqual([]);
  });

  it('is 200 to a cancel of an open job and to a restart', () => {
    expect(wrongAnswersTo(QUEUED, called('cancel', 409), called('restart', 409))).toHaveLength(2);
    expect(wrongAnswersTo(QUEUED, called('cancel', 200), called('restart', 200))).toEqual([]);
  });

  it('may be anything once an end without answer may come at any time', () => {
    const unanswered = said('passed', null, 3, { sure: false });
    const acts = [QUEUED, over('start', 200), unanswered, called('restart'), QUEUED, over('receive', 409)];
    expect(wrongAnswersTo(...acts)).toEqual([]);
    expect(after(...acts, over('failed', 200))).toEqual(['failed', 'passed']);
  });
});
