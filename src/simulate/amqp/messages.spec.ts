import { RunMessages } from './messages';
import { jobToStop } from './session';

const facts = { jobId: 721270, uuid: '870f986d', queuedAt: '2018-05-14T14:26:50.123Z', trace: false };
const at = (seconds: number) => new Date(Date.UTC(2018, 4, 14, 14, 26, seconds, 678));

describe('the messages of a run', () => {
  it('are those of a worker, byte for byte', () => {
    const run = new RunMessages({ ...facts, trace: true });
    const bodies = (['receive', 'start', 'passed'] as const).map((step, i) => {
      return run.next(step, at(51 + i)).message.body.toString();
    });
    expect(bodies).toEqual([
      '{"id":721270,"meta":{"state_update_count":0,"uuid":"870f986d"},"queued_at":"2018-05-14T14:26:50Z","received_at":"2018-05-14T14:26:51Z","state":"received","trace":true,"vm_size":"large"}',
      '{"id":721270,"meta":{"instance_id":"travis-job-870f986d","state_update_count":1,"uuid":"870f986d"},"queued_at":"2018-05-14T14:26:50Z","received_at":"2018-05-14T14:26:51Z","started_at":"2018-05-14T14:26:52Z","state":"started","trace":true,"vm_size":"m6g.xlarge"}',
      '{"finished_at":"2018-05-14T14:26:53Z","id":721270,"meta":{"instance_id":"travis-job-870f986d","state_update_count":2,"uuid":"870f986d"},"queued_at":"2018-05-14T14:26:50Z","received_at":"2018-05-14T14:26:51Z","started_at":"2018-05-14T14:26:52Z","state":"passed","trace":true,"vm_size":"m6g.xlarge"}',
    ]);
  });

  it('name the event in the type only, as persistent JSON', () => {
    const run = new RunMessages(facts);
    const types = (['receive', 'start', 'reset', 'cancelled'] as const).map((step) => run.next(step, at(51)).message);
    expect(types.map(({ properties }) => properties.type)).toEqual([
      'job:test:receive',
      'job:test:start',
      'job:test:reset',
      'job:test:finish',
    ]);
    expect(types[0]?.properties).toEqual({
      type: 'job:test:receive',
      contentType: 'application/json',
      deliveryMode: 2,
      timestamp: 1526308011,
    });
  });

  it('of a job that is canceled before it has booted say the time of its end for its start', () => {
    const run = new RunMessages(facts);
    run.next('receive', at(51));
    expect(JSON.parse(run.next('cancelled', at(55)).message.body.toString())).toEqual({
      finished_at: '2018-05-14T14:26:55Z',
      id: 721270,
      meta: { state_update_count: 1, uuid: '870f986d' },
      queued_at: '2018-05-14T14:26:50Z',
      received_at: '2018-05-14T14:26:51Z',
      started_at: '2018-05-14T14:26:55Z',
      state: 'cancelled',
      vm_size: 'large',
    });
  });
});

describe('a worker that listens to worker.commands', () => {
  const heard = (body: unknown) => jobToStop(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));

  it('stops the job whose number it hears', () => {
    expect(heard({ type: 'cancel_job', job_id: 42, source: 'hub', reason: 'because' })).toBe(42);
    expect(heard({ type: 'cancel_job', job_id: 42 })).toBe(42);
  });

  it.each([
    { type: 'cancel_job', job_id: '42' },
    { type: 'cancel_job', job_id: 4.2 },
    { type: 'cancel_job', job_id: -42 },
    { type: 'cancel_job', job_id: 42, reason: 7 },
    { type: 'pause_job', job_id: 42 },
    null,
    'no JSON',
  ])('loses a cancel that it cannot read: %j', (body) => {
    expect(heard(body)).toBeNull();
  });
});
