import { JOB_COMMANDS } from '../../contracts/command';
import { isFinished, JOB_STATES } from '../../contracts/states';
import { JOB_TRANSITIONS, jobTransition } from './job-machine';

describe('the job state machine', () => {
  it('has a cell for every state and command', () => {
    for (const state of JOB_STATES) {
      expect(Object.keys(JOB_TRANSITIONS[state]).sort()).toEqual([...JOB_COMMANDS].sort());
    }
  });

  it.each(['created', 'queued', 'received', 'started'] as const)(
    'lets a %s job finish, be canceled and start over',
    (state) => {
      expect(jobTransition(state, 'finish')).toBe('result');
      expect(jobTransition(state, 'cancel')).toBe('canceled');
      expect(jobTransition(state, 'restart')).toBe('created');
      expect(jobTransition(state, 'reset')).toBe('created');
    },
  );

  it('accepts receive and start in any order before the finish, but never goes back', () => {
    expect(jobTransition('created', 'start')).toBe('started');
    expect(jobTransition('queued', 'receive')).toBe('received');
    expect(jobTransition('received', 'start')).toBe('started');
    expect(jobTransition('started', 'receive')).toBe('-');
  });

  it('treats a report of the state that a job is in as a repeat', () => {
    expect(jobTransition('received', 'receive')).toBe('again');
    expect(jobTransition('started', 'start')).toBe('again');
    for (const result of ['passed', 'failed', 'errored'] as const)
      expect(jobTransition(result, 'finish')).toBe('again');
  });

  it('has no command but restart and reset that takes a finished job out of its state', () => {
    for (const state of JOB_STATES.filter(isFinished)) {
      for (const command of ['receive', 'start', 'finish', 'cancel'] as const) {
        expect(['-', 'stop', 'again']).toContain(jobTransition(state, command));
      }
      expect(jobTransition(state, 'restart')).toBe('created');
    }
  });

  it('tells a worker to stop when it reports about a job that is canceled, or begins one that errored', () => {
    for (const command of ['receive', 'start', 'finish', 'cancel', 'reset'] as const) {
      expect(jobTransition('canceled', command)).toBe('stop');
    }
    expect(jobTransition('errored', 'receive')).toBe('stop');
    expect(jobTransition('errored', 'start')).toBe('stop');
    expect(jobTransition('passed', 'start')).toBe('-');
  });
});
