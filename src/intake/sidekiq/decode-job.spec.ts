import fc from 'fast-check';
import { readMessage } from '../normalise';
import { decodeJob } from './decode-job';

const ENVELOPE = {
  retry: true,
  queue: 'hub',
  class: 'Travis::Hub::Sidekiq::Worker',
  jid: '5b4f0b7c2f1e4d3a9c8b7a60',
  created_at: 1_700_000_000.5,
  enqueued_at: 1_700_000_009.5,
};
const job = (args: unknown, changes: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ ...ENVELOPE, args, ...changes }));

describe('a job of Sidekiq', () => {
  it.each([
    ['encoded twice', ['"job:cancel"', '{"id":"7","source":"api"}']],
    ['raw', ['job:cancel', { id: '7', source: 'api' }]],
    ['half and half', ['job:cancel', '{"id":"7","source":"api"}']],
  ])('means the same with its arguments %s', (_what, args) => {
    const { message, rejected } = decodeJob(job(args));
    expect(rejected).toBeUndefined();
    expect(message.type).toBe('job:cancel');
    expect(readMessage(message.type, message.body, message.sentAt).command).toMatchObject({
      subject: 'job',
      name: 'cancel',
      id: 7,
      sentAt: new Date(1_700_000_000_500),
    });
  });

  it('is known by its id, also when it is tried again', () => {
    const first = decodeJob(job(['job:restart', { id: 7 }])).message.identity;
    const again = decodeJob(job(['job:restart', { id: 7 }], { retry_count: 2, enqueued_at: 1_700_009_999 }));
    expect(first).toEqual({ fingerprint: 'sidekiq:5b4f0b7c2f1e4d3a9c8b7a60', redelivered: true });
    expect(again.message.identity).toEqual(first);
  });

  it.each([undefined, null, 7, '', 'short', 'x'.repeat(1_000), 'with blank 1'])(
    'without a usable id (%p) is not taken for a repeat of another',
    (jid) => {
      const { fingerprint, redelivered } = decodeJob(job(['job:restart', { id: 7 }], { jid })).message.identity;
      expect(redelivered).toBe(false);
      // No hash may be taken for an id.
      expect(fingerprint).not.toContain(':');
    },
  );

  it('keeps what Sidekiq says about it, without its arguments', () => {
    const { properties } = decodeJob(job(['job:cancel', { id: 7 }])).message;
    expect(properties).toEqual({ ...ENVELOPE, timestamp: ENVELOPE.created_at });
  });

  it.each([
    ['seconds', 1_700_000_000.5],
    ['milliseconds, as Sidekiq 8 gives them', 1_700_000_000_500],
  ])('was sent at the time given in %s', (_what, created_at) => {
    expect(decodeJob(job(['job:cancel', {}], { created_at })).message.sentAt).toEqual(new Date(1_700_000_000_500));
  });

  it.each([[undefined], ['yesterday'], [-1]])('has no time when it gives none: %p', (time) => {
    const { message } = decodeJob(job(['job:cancel', {}], { created_at: time, enqueued_at: time }));
    expect(message).not.toHaveProperty('sentAt');
  });

  it('never breaks, and what is rejected keeps its very bytes', () => {
    const anyJob = fc.record(
      { class: fc.oneof(fc.constant(ENVELOPE.class), fc.anything()), args: fc.anything(), jid: fc.anything() },
      { requiredKeys: [] },
    );
    const bytes = fc.oneof(
      fc.uint8Array().map((array) => Buffer.from(array)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
      anyJob.map((value) => Buffer.from(safeJson(value))),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        const { message, rejected } = decodeJob(text);
        return rejected ? message.body.equals(text) : typeof message.type === 'string';
      }),
    );
  });
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '';
  } catch {
    return '{}';
  }
}
