import type { JobCommandName } from '../../src/contracts/command';
import { isFinished, JOB_STATES, type JobState, type Result } from '../../src/contracts/states';
import { Batcher, normaliseMessage } from '../../src/intake';
import { insertJobsIn, toldToStop } from '../support/job-rows';
import { startApiApp, type ApiApp } from './api-app';

type Column = Exclude<JobCommandName, 'finish'> | `finish ${Result}`;

/** The state it leaves; how often the workers are told to stop; the job's event, if it has one. */
type Cell = `${JobState} ${0 | 1}${'' | ` job:${'received' | 'started' | 'finished' | 'canceled' | 'restarted'}`}`;

/** What every command does to a job that is not over yet. */
const OPEN = {
  receive: 'received 0 job:received',
  start: 'started 0 job:started',
  'finish passed': 'passed 0 job:finished',
  'finish failed': 'failed 0 job:finished',
  'finish errored': 'errored 0 job:finished',
  'finish canceled': 'canceled 1 job:finished',
  cancel: 'canceled 1 job:canceled',
  restart: 'created 0 job:restarted',
  reset: 'created 0 job:restarted',
} as const satisfies Record<Column, Cell>;

/** What every command but a restart or a reset does to one that is. */
const over = <S extends Result>(state: S) =>
  ({
    receive: `${state} 0`,
    start: `${state} 0`,
    'finish passed': `${state} 0`,
    'finish failed': `${state} 0`,
    'finish errored': `${state} 0`,
    'finish canceled': `${state} 0`,
    cancel: `${state} 0`,
    restart: OPEN.restart,
    reset: OPEN.reset,
  }) as const;

/**
 * Stored state × event, as Travis Hub's services have it (states.md §6.1 over §2), with what is mended: a repeat tells
 * nobody (B5), a finished job keeps its result (B6), and workers are told once (B30).
 */
const TABLE: Record<JobState, Record<Column, Cell>> = {
  created: OPEN,
  queued: OPEN,
  received: { ...OPEN, receive: 'received 0' },
  started: { ...OPEN, receive: 'started 0', start: 'started 0' },
  passed: over('passed'),
  failed: over('failed'),
  errored: { ...over('errored'), receive: 'errored 1', start: 'errored 1' },
  canceled: {
    receive: 'canceled 1',
    start: 'canceled 1',
    'finish passed': 'canceled 1',
    'finish failed': 'canceled 1',
    'finish errored': 'canceled 1',
    'finish canceled': 'canceled 1',
    cancel: 'canceled 1',
    restart: OPEN.restart,
    reset: 'canceled 1',
  },
};

/** Where CANCELLATION_DISABLED refuses: the cancel itself, and telling again whoever begins a job that is over. */
const REFUSED = (state: JobState, column: Column) =>
  column === 'cancel' ||
  ((state === 'errored' || state === 'canceled') && (column === 'receive' || column === 'start'));

const CASES = JOB_STATES.flatMap((state) =>
  (Object.keys(OPEN) as Column[]).map((column) => [state, column, TABLE[state][column]] as const),
);

describe.each([
  ['as usual', {}],
  ['with cancellation disabled', { CANCELLATION_DISABLED: 'true' }],
])('a job in each state and each command, %s', (_, environment: Record<string, string>) => {
  const disabled = 'CANCELLATION_DISABLED' in environment;
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp(environment);
  });
  afterAll(() => hub.close());

  const send = (type: string, body: object) =>
    hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, body));

  it.each(CASES)('%s × %s: %s', async (state, column, usual) => {
    const { jobIds } = await insertJobsIn(hub.database, state);
    const [id] = jobIds;
    const [name, result] = column.split(' ');
    const outcome = await send(`job:test:${name}`, { id, state: result === 'canceled' ? 'cancelled' : result });

    const [job] = await hub.rows<{ state: string }>('SELECT state FROM jobs WHERE id = $1', id);
    const events = await hub.rows<{ name: string }>(
      `SELECT name FROM hub.events WHERE job_id = $1 AND name LIKE 'job:%'`,
      id,
    );
    const told = await toldToStop(hub.database, id);
    const refused = disabled && REFUSED(state, column);
    expect([job?.state, told.length, ...events.map((event) => event.name)].join(' ')).toBe(
      refused ? `${state} 0` : usual,
    );
    expect(outcome).toMatchObject(
      refused
        ? { kind: 'refused', reason: 'cancellation_disabled' }
        : { kind: events.length > 0 ? 'changed' : 'ignored' },
    );
    expect(told).toEqual(told.map(() => 'Job Cancelled: Reason unknown'));
  });

  it('covers every state and command', () => {
    expect(CASES).toHaveLength(8 * 9);
  });

  it('treats a whole build likewise: workers of its open jobs are told once, those of others not at all', async () => {
    const { buildId, jobIds } = await insertJobsIn(hub.database, ...JOB_STATES);
    await expect(send('build:cancel', { id: buildId })).resolves.toMatchObject(
      disabled ? { kind: 'refused', reason: 'cancellation_disabled' } : { kind: 'changed' },
    );
    const rows = await hub.rows<{ state: string }>('SELECT state FROM jobs WHERE source_id = $1 ORDER BY id', buildId);
    const told = await Promise.all(jobIds.map((id) => toldToStop(hub.database, id)));
    expect(rows.map(({ state }, nth) => `${state} ${told[nth]?.length ?? NaN}`)).toEqual(
      JOB_STATES.map((state) => (disabled || isFinished(state) ? `${state} 0` : 'canceled 1')),
    );
  });

  it('says over HTTP why nothing was canceled', async () => {
    const { buildId, jobIds } = await insertJobsIn(hub.database, disabled ? 'started' : 'canceled');
    const paths = [`/api/builds/${buildId}/cancel`, `/api/jobs/${jobIds[0]}/cancel`];
    const answers = await Promise.all(paths.map((path) => hub.post(path)));
    expect(answers.map(({ status, body }) => [status, (body as { reason: string }).reason])).toEqual(
      ['build', 'job'].map((what) => [409, disabled ? 'cancellation_disabled' : `${what}_is_canceled`]),
    );
  });
});
