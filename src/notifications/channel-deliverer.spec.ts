import { NotAttempted, type Delivery } from '../contracts/delivery';
import type { Channel } from './channel';
import { ChannelDeliverer } from './channel-deliverer';
import type { NoticeLoader } from './notice-loader';

const delivery: Delivery = {
  id: 1,
  channel: 'some',
  eventId: 7,
  jobId: null,
  run: null,
  element: 0,
  fingerprint: 'x',
  payload: null,
  attempt: 1,
  outlived: false,
  destination: null,
  triedForMs: 0,
};
const channel: Channel<null> = {
  name: 'some',
  events: [],
  timeoutMs: 1_000,
  targets: () => [],
  deliver: () => Promise.resolve({ kind: 'delivered' }),
};

function attempt(load: NoticeLoader['load'], signal = new AbortController().signal) {
  return new ChannelDeliverer(channel, { load } as NoticeLoader).deliver(delivery, signal);
}

describe('an attempt of a channel', () => {
  it('was not made when the database is away', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    await expect(attempt(() => Promise.reject(away))).rejects.toBeInstanceOf(NotAttempted);
  });

  it('was not made when its time is over before the database says anything', async () => {
    const abort = new AbortController();
    const made = attempt(() => new Promise(() => undefined), abort.signal);
    abort.abort(new Error('no answer'));
    await expect(made).rejects.toBeInstanceOf(NotAttempted);
  });

  it('fails when its event cannot be read for another reason, or it would be tried for ever', async () => {
    const broken = new TypeError('undefined is not an object');
    await expect(attempt(() => Promise.reject(broken))).rejects.toBe(broken);
  });
});
