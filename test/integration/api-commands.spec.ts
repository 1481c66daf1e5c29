import { buildBody, startApiApp, type ApiApp } from './api-app';

interface Created {
  id: number;
  jobs: { id: number }[];
}

describe('commands over HTTP', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  /** A new build with two jobs. */
  async function newBuild(): Promise<{ build: number; job: number; other: number }> {
    const answer = await hub.post('/api/builds', buildBody({ jobs: [{}, {}] }));
    const { id, jobs } = answer.body as Created;
    return { build: id, job: jobs[0]?.id ?? 0, other: jobs[1]?.id ?? 0 };
  }
  const queueable = (job: number) => hub.rows('SELECT job_id FROM queueable_jobs WHERE job_id = $1', job);

  describe('POST /api/jobs/:id/queue', () => {
    it('records what the scheduler did, and tells nobody', async () => {
      const { job } = await newBuild();
      const before = await hub.rows('SELECT id FROM hub.events WHERE job_id = $1', job);
      const answer = await hub.post(`/api/jobs/${job}/queue`);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ id: job, state: 'queued' });
      expect((answer.body as { queued_at: string }).queued_at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(await queueable(job)).toEqual([]);
      expect(await hub.rows('SELECT id FROM hub.events WHERE job_id = $1', job)).toEqual(before);
    });

    it('takes the time and the queue that it is given', async () => {
      const { job } = await newBuild();
      const answer = await hub.post(`/api/jobs/${job}/queue`, {
        queued_at: '2021-01-10T06:36:12.5+01:00',
        queue: 'builds.linux',
      });
      expect(answer.body).toMatchObject({ queued_at: '2021-01-10T05:36:12.500Z', queue: 'builds.linux' });
    });

    it('refuses a job that does not wait to be queued', async () => {
      const { job } = await newBuild();
      await hub.post(`/api/jobs/${job}/queue`);
      const again = await hub.post(`/api/jobs/${job}/queue`);
      expect(again.status).toBe(409);
      expect(again.body).toMatchObject({
        type: 'urn:hub:problem:conflict',
        detail: expect.stringContaining('is queued'),
      });
    });

    it('lets one of several schedulers win', async () => {
      const { job } = await newBuild();
      const answers = await Promise.all(Array.from({ length: 5 }, () => hub.post(`/api/jobs/${job}/queue`)));
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409, 409]);
    });

    it('knows no job of that id', async () => {
      expect((await hub.post('/api/jobs/2000000000/queue')).status).toBe(404);
    });
  });

  describe('cancel and restart', () => {
    it('cancels a job and keeps the reason with the event', async () => {
      const { job } = await newBuild();
      const answer = await hub.post(`/api/jobs/${job}/cancel`, { reason: 'not needed' });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ outcome: 'changed', job_id: job });
      expect((await hub.get(`/api/jobs/${job}`)).body).toMatchObject({ state: 'canceled' });
      const timeline = (await hub.get(`/api/jobs/${job}/timeline`)).body as { events: unknown[] };
      expect(timeline.events.at(-1)).toMatchObject({
        event: 'job:canceled',
        state: 'canceled',
        cause: { command: 'job:cancel', reason: 'not needed' },
      });
      expect(await queueable(job)).toEqual([]);
    });

    it('says why a second cancel changes nothing', async () => {
      const { job } = await newBuild();
      await hub.post(`/api/jobs/${job}/cancel`);
      const again = await hub.post(`/api/jobs/${job}/cancel`);
      expect(again.status).toBe(409);
      expect(again.body).toMatchObject({
        reason: 'job_is_canceled',
        detail: expect.stringContaining('it is canceled'),
      });
    });

    it('restarts a job, which then waits to be queued in its second run', async () => {
      const { job } = await newBuild();
      await hub.post(`/api/jobs/${job}/cancel`);
      const answer = await hub.post(`/api/jobs/${job}/restart`);
      expect(answer.body).toEqual({ outcome: 'changed', job_id: job });
      expect((await hub.get(`/api/jobs/${job}`)).body).toMatchObject({ state: 'created', canceled_at: null, run: 2 });
      expect(await queueable(job)).toEqual([{ job_id: job }]);
    });

    it('cancels and restarts all jobs of a build', async () => {
      const { build, job, other } = await newBuild();
      expect((await hub.post(`/api/builds/${build}/cancel`, {})).body).toEqual({ outcome: 'changed', build_id: build });
      expect((await hub.get(`/api/builds/${build}`)).body).toMatchObject({
        state: 'canceled',
        jobs: [
          { id: job, state: 'canceled' },
          { id: other, state: 'canceled' },
        ],
      });
      expect((await hub.post(`/api/builds/${build}/cancel`)).status).toBe(409);
      expect((await hub.post(`/api/builds/${build}/restart`)).status).toBe(200);
      expect((await hub.get(`/api/builds/${build}`)).body).toMatchObject({
        state: 'created',
        jobs: [{ state: 'created' }, {}],
      });
    });

    it.each(['jobs', 'builds'])('knows no %s of an unused id', async (kind) => {
      for (const name of ['cancel', 'restart']) {
        const answer = await hub.post(`/api/${kind}/2000000000/${name}`);
        expect(answer.status).toBe(404);
        expect(answer.body).toMatchObject({ detail: `There is no ${kind.slice(0, -1)} 2000000000.` });
      }
    });

    it('refuses a body that it does not understand', async () => {
      const { job } = await newBuild();
      const answer = await hub.post(`/api/jobs/${job}/cancel`, { because: 'x' });
      expect(answer.status).toBe(400);
      expect((await hub.get(`/api/jobs/${job}`)).body).toMatchObject({ state: 'created' });
    });
  });
});

describe('commands where cancellation is switched off', () => {
  it('answers 409 and says so', async () => {
    const hub = await startApiApp({ CANCELLATION_DISABLED: 'true' });
    try {
      const { body } = await hub.post('/api/builds', buildBody());
      const answer = await hub.post(`/api/builds/${(body as Created).id}/cancel`);
      expect(answer.status).toBe(409);
      expect(answer.body).toMatchObject({ reason: 'cancellation_disabled' });
    } finally {
      await hub.close();
    }
  });
});
