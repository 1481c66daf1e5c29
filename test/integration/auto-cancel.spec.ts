import { Batcher, normaliseMessage } from '../../src/intake';
import { insertJobsIn, toldToStop } from '../support/job-rows';
import { startApiApp, type ApiApp } from './api-app';

describe('a build that is canceled for a newer one', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const cancel = (id: number, meta: object) =>
    hub.app.get(Batcher, { strict: false }).submit(normaliseMessage('build:cancel', { id, meta }));
  const logParts = (buildId: number) =>
    hub.rows<{ job_id: number; payload: { text: string; final: boolean } }>(
      `SELECT d.job_id, d.payload FROM hub.deliveries d JOIN jobs j ON j.id = d.job_id
        WHERE j.source_id = $1 AND d.channel = 'log-part' ORDER BY d.id`,
      buildId,
    );

  const usual = (what: string) =>
    `This job was cancelled because the "Auto Cancellation" feature is currently enabled, and a more recent build ${what} came in while this job was waiting to be processed.\n\n`;

  it.each([
    ['push', { event: 'push', number: '2', branch: 'main', pull_request_number: null }, usual('(#2) for branch main')],
    [
      'pull_request',
      { event: 'pull_request', number: 2, branch: 'main', pull_request_number: 7 },
      usual('(#2) for pull request #7'),
    ],
    [
      'api',
      { event: 'api', number: '2', branch: 'main', pull_request_number: null },
      'This job was cancelled due to other priority builds.\n\n',
    ],
    ['cron', { event: 'cron', number: '2', branch: 'main' }, usual('(#2) for branch main')],
    ['no event and no number', { event: null, number: null, branch: 'main' }, usual('for branch main')],
    ['nothing', {}, usual('for the same branch')],
  ])('says so once, at the end of the log of each job that was not over: %s', async (_, meta, text) => {
    const { buildId, jobIds } = await insertJobsIn(hub.database, 'created', 'passed', 'started', 'canceled', 'queued');
    await expect(cancel(buildId, { auto: true, ...meta })).resolves.toMatchObject({ kind: 'changed' });
    const open = [jobIds[0], jobIds[2], jobIds[4]];
    expect(await logParts(buildId)).toEqual(open.map((job_id) => ({ job_id, payload: { text, final: true } })));
    expect(await hub.rows('SELECT state FROM jobs WHERE source_id = $1 ORDER BY id', buildId)).toEqual(
      ['canceled', 'passed', 'canceled', 'canceled', 'canceled'].map((state) => ({ state })),
    );
    for (const id of jobIds) {
      expect(await toldToStop(hub.database, id)).toEqual(open.includes(id) ? ['Build Cancelled: Reason unknown'] : []);
    }
    const [event] = await hub.rows<{ cause: object }>(
      `SELECT snapshot -> 'cause' AS cause FROM hub.events WHERE build_id = $1 AND name = 'build:canceled'`,
      buildId,
    );
    expect(event?.cause).toEqual({ command: 'build:cancel', auto: true });
  });

  it('says nothing in logs when a person cancels it', async () => {
    const { buildId } = await insertJobsIn(hub.database, 'started');
    await cancel(buildId, { event: 'push', number: '2', branch: 'main' });
    expect(await logParts(buildId)).toEqual([]);
  });
});
