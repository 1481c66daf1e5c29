import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PlannedJob } from '../domain/plan';
import { scriptOf } from '../domain/script';
import { Ledger, type SimJob } from '../ledger';
import { People } from '../people';
import { Progress } from '../progress';
import { WaitingJobs } from '../waiting-jobs';
import { HttpRun, type HttpWorkPlace } from './http-run';
import { closeConnections } from './patch';

const QUEUED_AT = '2018-05-14T14:26:50.500Z';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

/** The first seed with which the job's first run says these things. */
function seedFor(steps: string): number {
  const says = (seed: number) => scriptOf(seed, plan, 1).lines.map(({ step }) => step);
  for (let seed = 0; ; seed++) if (says(seed).join(' ') === steps) return seed;
}

const plan: PlannedJob = { index: 0, stage: null, allowFailure: false, trouble: 'none' };

describe('a worker of the Job Board', () => {
  let server: Server;
  let hubUrl: string;
  let answers: number[] = [];
  const requests: { method?: string; url?: string; authorization?: string; type?: string; body: unknown }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        const { method, url, headers } = request;
        const { authorization, 'content-type': type } = headers;
        requests.push({ method, url, authorization, type, body: JSON.parse(body) as unknown });
        response.writeHead(answers.shift() ?? 200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    requests.splice(0);
    answers = [];
  });

  afterAll(async () => {
    closeConnections();
    server.close();
    await once(server, 'close');
  });

  async function play(steps: string): Promise<SimJob> {
    const ledger = new Ledger();
    const build = ledger.add({ index: 0, stages: 0, fastFinish: false, jobs: [plan], person: null }, 7, [721270]);
    const progress = new Progress();
    const place: HttpWorkPlace = {
      seed: seedFor(steps),
      ledger,
      progress,
      // Nobody calls the API here.
      people: new People(undefined as never, ledger, progress),
      waiting: new WaitingJobs(),
      signal: new AbortController().signal,
      hubUrl,
      authorization: (id) => `Bearer for-${id}`,
    };
    const job = build.jobs[0]!;
    await new HttpRun(place, { job, queuedAt: QUEUED_AT }).play();
    return job;
  }

  const bodies = () => requests.map(({ body }) => body);
  const times = { queued_at: '2018-05-14T14:26:50Z' };

  it('reports as the wire contract has it: counted from 1, without uuid, each report once', async () => {
    await play('receive start passed');
    const id = 721270;
    expect(bodies()).toStrictEqual([
      {
        id,
        state: 'received',
        cur: 'queued',
        new: 'received',
        meta: { state_update_count: 1 },
        ...times,
        received_at: TIME,
      },
      {
        id,
        state: 'started',
        cur: 'received',
        new: 'started',
        meta: { state_update_count: 2 },
        ...times,
        received_at: TIME,
        started_at: TIME,
      },
      {
        id,
        state: 'passed',
        cur: 'started',
        new: 'passed',
        meta: { state_update_count: 3 },
        ...times,
        received_at: TIME,
        started_at: TIME,
        finished_at: TIME,
      },
    ]);
    for (const request of requests) {
      expect(request).toMatchObject({
        method: 'PATCH',
        url: '/jobs/721270/state',
        authorization: 'Bearer for-721270',
        type: 'application/json',
      });
    }
  });

  it('gives a job back as created, as if it had never been there', async () => {
    await play('receive start reset');
    expect(bodies().at(-1)).toStrictEqual({
      id: 721270,
      state: 'created',
      cur: 'queued',
      new: 'created',
      meta: { state_update_count: 3 },
      ...times,
    });
  });

  it.each([
    [[409], ['received', 'cancelled']],
    [
      [200, 409],
      ['received', 'started', 'cancelled'],
    ],
  ])('cancels itself when it is answered %j', async (given, said) => {
    answers = [...given];
    await play('receive start passed');
    expect(bodies()).toMatchObject(said.map((state) => ({ new: state })));
  });

  it.each([404, 500, 503])('goes on when it is answered %i', async (status) => {
    answers = [status, status];
    await play('receive start passed');
    expect(bodies()).toMatchObject(['received', 'started', 'passed'].map((state) => ({ new: state })));
  });

  it('only takes note of a 409 to its end', async () => {
    answers = [200, 200, 409];
    const { acts } = await play('receive start passed');
    expect(requests).toHaveLength(3);
    expect(acts.at(-1)).toMatchObject({ step: 'passed', status: 409, sure: true });
  });
});
