import { DATA_LIMIT_BYTES, fit } from './fit';

const job = (message: string) => ({ id: 11, build_id: 1, state: 'started', commit: { message } });
const build = (message: string) => ({ build: { id: 1, state: 'started' }, commit: { message }, stages: [] });
const fullest = DATA_LIMIT_BYTES - Buffer.byteLength(JSON.stringify(job('')));

describe('fit', () => {
  it('leaves a payload as it is that servers take', () => {
    expect(JSON.parse(fit(job('short')))).toEqual(job('short'));
    expect(fit(job('m'.repeat(fullest)))).toHaveLength(DATA_LIMIT_BYTES);
  });

  it.each([
    ['a job', job('m'.repeat(fullest + 1)), { id: 11, build_id: 1, _no_full_payload: true }],
    ['a build', build('m'.repeat(DATA_LIMIT_BYTES)), { build: { id: 1 }, _no_full_payload: true }],
    ['one of few characters but many bytes', job('漢'.repeat(4_000)), { id: 11, build_id: 1, _no_full_payload: true }],
  ])('leaves only what the web needs to fetch it of %s that is too large', (_what, payload, left) => {
    expect(JSON.parse(fit(payload))).toEqual(left);
  });
});
