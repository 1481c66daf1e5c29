import { RequestFailed, RequestRefused } from '../http';
import { outcomeOfPost, outcomeOfResponse } from './http-outcome';

const NOW = new Date('2026-01-08T14:40:00Z');
const answer = (status: number, text = '', headers = {}): Parameters<typeof outcomeOfResponse>[0] => ({
  status,
  text,
  headers,
  bodySent: true,
});

describe('outcomeOfResponse', () => {
  it('keeps 200 characters of the response, without secrets', () => {
    const { response } = outcomeOfResponse(answer(200, `hunter2 ${'x'.repeat(500)}`), NOW, () => ['hunter2']) as {
      response: string;
    };
    expect(response).toHaveLength(200);
    expect(response).toMatch(/^\[secure\] x+$/);
  });

  it('hides a secret that the cut would have split', () => {
    const { response } = outcomeOfResponse(answer(200, `${'x'.repeat(196)}hunter2`), NOW, () => ['hunter2']) as {
      response: string;
    };
    expect(response).not.toContain('hunt');
  });

  it('says when a redirect lost the payload', () => {
    const lost = outcomeOfResponse({ ...answer(200, 'ok'), bodySent: false }, NOW);
    expect(lost).toEqual({
      kind: 'delivered',
      code: 200,
      response: '(redirected: the last request was a GET without the payload) ok',
    });
  });

  it('counts a Retry-After date from now', () => {
    const busy = outcomeOfResponse(answer(503, '', { 'retry-after': 'Thu, 08 Jan 2026 14:41:00 GMT' }), NOW);
    expect(busy).toMatchObject({ kind: 'retry', afterMs: 60_000 });
  });

  it.each([
    [401, 'check the credentials'],
    [404, 'nobody receives there any more'],
    [410, 'nobody receives there any more'],
    [302, 'a redirect that leads nowhere'],
    [422, 'does not accept this notice'],
  ])('explains status %i', (status, hint) => {
    expect(outcomeOfResponse(answer(status), NOW)).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining(hint),
    });
  });
});

describe('outcomeOfPost', () => {
  it.each<[Error, string]>([
    [new RequestRefused('10.0.0.1 hunter2'), 'rejected'],
    [new RequestFailed('down hunter2', 'ECONNREFUSED'), 'retry'],
    [new Error('surprise hunter2'), 'retry'],
  ])('turns %s into %s', async (error, kind) => {
    const outcome = await outcomeOfPost(
      () => Promise.reject(error),
      () => ['hunter2'],
    );
    expect(outcome).toEqual({ kind, reason: error.message.replace('hunter2', '[secure]') });
  });

  it('believes the words of an answer more than its status, and keeps both', async () => {
    const refusal = { kind: 'rejected', reason: 'There is no such room.' } as const;
    const outcome = await outcomeOfPost(
      () => Promise.resolve(answer(200, 'no room, hunter2')),
      () => ['hunter2'],
      ({ text }) => (text.startsWith('no room') ? refusal : undefined),
    );
    expect(outcome).toEqual({ ...refusal, code: 200, response: 'no room, [secure]' });
  });
});
