import pino from 'pino';
import { OutagePause } from './outage-pause';

const MINUTE = 60_000;

function scene() {
  const state = { troubledSince: null as number | null, databaseAnswers: true, did: [] as string[] };
  const pause = new OutagePause(
    [
      {
        pause: (because) => {
          state.did.push(because);
          return Promise.resolve();
        },
        resume: () => void state.did.push('resume'),
      },
    ],
    {
      troubledSince: () => state.troubledSince,
      probe: () => (state.databaseAnswers ? Promise.resolve() : Promise.reject(new Error('away'))),
      giveBack: () => void state.did.push('give back'),
    },
    pino({ level: 'silent' }),
  );
  return { state, pause };
}

describe('an outage of the database', () => {
  it('of less than a minute changes nothing', async () => {
    const { state, pause } = scene();
    state.troubledSince = 1_000;
    await pause.runOnce(1_000 + MINUTE - 1);
    state.troubledSince = null;
    await pause.runOnce(10 * MINUTE);
    expect(state.did).toEqual([]);
  });

  it('of a minute gives everything back once, and the consumer resumes when the database answers', async () => {
    const { state, pause } = scene();
    Object.assign(state, { troubledSince: 0, databaseAnswers: false });
    await pause.runOnce(MINUTE);
    await pause.runOnce(2 * MINUTE);
    expect(state.did).toEqual(['Paused: the database has been away since 1970-01-01T00:00:00.000Z.', 'give back']);
    state.databaseAnswers = true;
    await pause.runOnce(3 * MINUTE);
    expect(state.did.at(-1)).toBe('resume');
  });

  it('that is over does not pause again although the last failed batch is long ago', async () => {
    const { state, pause } = scene();
    state.troubledSince = 0;
    await pause.runOnce(MINUTE);
    await pause.runOnce(MINUTE + 1_000);
    await pause.runOnce(MINUTE + 2_000);
    expect(state.did).toHaveLength(3);
    await pause.runOnce(3 * MINUTE);
    expect(state.did).toHaveLength(5);
  });
});
