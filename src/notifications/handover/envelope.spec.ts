import { envelope, jobId } from './envelope';
import type { SidekiqJob } from './handover';

const STAMP = { deliveryId: 42, happenedMs: 1_700_000_000_123, nowMs: 1_700_000_001_456 };
const JOB: SidekiqJob = {
  queue: 'scheduler',
  class: 'Travis::Scheduler::Worker',
  args: ['event', 'job:finished', { id: 721_270 }],
};
const JID = '0612aeb6070ce829344155b3';

describe('envelope', () => {
  it('encodes each argument by itself', () => {
    expect(envelope(JOB, STAMP)).toBe(
      '{"retry":true,"queue":"scheduler","class":"Travis::Scheduler::Worker",' +
        '"args":["\\"event\\"","\\"job:finished\\"","{\\"id\\":721270}"],' +
        `"jid":"${JID}","created_at":1700000000.123,"enqueued_at":1700000001.456}`,
    );
  });

  it.each([
    [null, 'null'],
    [7, '7'],
    ['ü"\\', '"ü\\"\\\\"'],
    [[1, 'a'], '[1,"a"]'],
  ])('encodes %j as %s', (arg, text) => {
    expect(JSON.parse(envelope({ ...JOB, args: [arg] }, STAMP))).toMatchObject({ args: [text] });
  });

  it('keeps a job out of the dead set when told so', () => {
    expect(JSON.parse(envelope({ ...JOB, dead: false }, STAMP))).toMatchObject({ retry: true, dead: false });
    expect(JSON.parse(envelope(JOB, STAMP))).not.toHaveProperty('dead');
  });

  it('does not say of a scheduled job that it was enqueued, so that every attempt writes the same', () => {
    const scheduled = { ...JOB, delayMs: 60_000 };
    expect(JSON.parse(envelope(scheduled, STAMP))).not.toHaveProperty('enqueued_at');
    expect(envelope(scheduled, { ...STAMP, nowMs: 1_800_000_000_000 })).toBe(envelope(scheduled, STAMP));
  });
});

describe('jobId', () => {
  it('is 24 hexadecimal digits, the same for every attempt of a delivery and another for each delivery', () => {
    expect(jobId(42)).toMatch(/^[0-9a-f]{24}$/);
    // Changing it would make a repeat after an update unrecognisable.
    expect(jobId(42)).toBe(JID);
    expect(new Set([1, 2, 3, 42].map(jobId)).size).toBe(4);
  });
});
