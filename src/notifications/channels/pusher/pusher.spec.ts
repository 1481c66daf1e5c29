import { BARE_DETAILS, sampleDeps, sampleDirectory } from '../../../../test/contract/sample-deps';
import { sampleNotice } from '../../../../test/contract/sample-notice';
import { fallbacksOf } from '../../../config';
import type { DeliveryOutcome, Notice } from '../../channel';
import pusher, { variables } from '.';

const SETTINGS = { ...fallbacksOf(variables), url: 'http://key:secret@127.0.0.1:1/apps/1' };
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** Tells of an event where nothing listens: whoever tries is to try again. */
async function tell(notice: Notice, own: Parameters<typeof sampleDirectory>[0] = {}): Promise<DeliveryOutcome> {
  const sample = sampleDeps(SETTINGS, { directory: sampleDirectory(own) });
  const { signal } = new AbortController();
  try {
    return await pusher(sample.deps).deliver(notice, null, { deliveryId: 1, attempt: 1, signal });
  } finally {
    await sample.close();
  }
}

describe('the channel pusher', () => {
  it('tells of what is a few minutes old, but of nothing older', async () => {
    await expect(tell(sampleNotice({ at: minutesAgo(9) }))).resolves.toMatchObject({ kind: 'retry' });
    await expect(tell(sampleNotice({ at: minutesAgo(11) }))).resolves.toEqual({
      kind: 'dropped',
      reason: expect.stringContaining('more than ten minutes old'),
    });
  });

  it('tells nobody of a private repository that nobody may see, nor of a build that is gone', async () => {
    const { event, facts } = sampleNotice({ at: minutesAgo(0) });
    const closed = { event, facts: { ...facts, repository: { ...facts.repository, private: true } } };
    await expect(tell(closed, { audience: async () => [] })).resolves.toMatchObject({ kind: 'dropped' });
    await expect(tell({ event, facts }, { buildDetails: async () => undefined })).resolves.toMatchObject({
      kind: 'dropped',
    });
    await expect(tell(closed, { buildDetails: async () => BARE_DETAILS })).resolves.toMatchObject({ kind: 'retry' });
  });

  it('keeps the order within a repository, and shows where it tells without the key', () => {
    const { deps } = sampleDeps(SETTINGS);
    const [target] = pusher(deps).targets(sampleNotice({ event: 'job:started' })) as readonly object[];
    expect(target).toMatchObject({
      orderKey: '1',
      display: 'live updates at http://127.0.0.1:1',
      destination: '127.0.0.1:1',
    });
  });
});
