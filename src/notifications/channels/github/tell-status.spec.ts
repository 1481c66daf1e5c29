import type { DeliveryOutcome } from '../../channel';
import type { Answer } from './github-api';
import { tellStatus, type Teller } from './tell-status';
import { TokenMemory } from './token-memory';

const NOW = Date.parse('2026-01-01T10:00:00Z');
const RESET = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(NOW / 1000 + 90) };

interface Asked {
  readonly outcome: DeliveryOutcome;
  /** Who was asked, in order. */
  readonly asked: readonly string[];
}

const answer = (status: number, text = '', headers: Answer['headers'] = {}): Answer => ({
  status,
  headers,
  data: undefined,
  text,
});

/** The first is the app, the others are users. */
async function tell(answers: readonly Answer[], memory = new TokenMemory(() => NOW)): Promise<Asked> {
  const asked: string[] = [];
  const tellers = answers.map((given, i): Teller => {
    const name = i === 0 ? 'the app' : `user ${i}`;
    const send = async () => {
      asked.push(name);
      return given;
    };
    return { name, key: name, kind: i === 0 ? 'app' : 'user', send };
  });
  return { outcome: await tellStatus(tellers, memory, () => NOW), asked };
}

describe('tellStatus', () => {
  it.each([401, 403, 404, 422])('goes on with users when the app is answered %i', async (status) => {
    const { outcome, asked } = await tell([answer(status), answer(201), answer(201)]);
    expect(outcome).toEqual({ kind: 'delivered', code: 201 });
    expect(asked).toEqual(['the app', 'user 1']);
  });

  it.each([401, 403, 404])('goes on with the next user when one is answered %i', async (status) => {
    const { outcome, asked } = await tell([answer(404), answer(status), answer(201)]);
    expect(outcome).toEqual({ kind: 'delivered', code: 201 });
    expect(asked).toEqual(['the app', 'user 1', 'user 2']);
  });

  it('stops when a user is told that the commit takes no more, and shows it', async () => {
    const { outcome, asked } = await tell([answer(422), answer(422, 'Validation Failed'), answer(201)]);
    expect(outcome).toEqual({
      kind: 'rejected',
      code: 422,
      response: 'Validation Failed',
      reason: expect.stringMatching(/at most 1,000 of them\. It says: Validation Failed$/),
    });
    expect(asked).toEqual(['the app', 'user 1']);
  });

  it.each([408, 500, 502, 503])('tries again after %i, with nobody else', async (status) => {
    const { outcome, asked } = await tell([answer(status, 'x', { 'retry-after': '7' }), answer(201)]);
    expect(outcome).toMatchObject({ kind: 'retry', code: status, afterMs: 7_000 });
    expect(asked).toEqual(['the app']);
  });

  it.each([200, 204, 304, 400])('gives up when %i shows that it is not GitHub who answers', async (status) => {
    const { outcome } = await tell([answer(status), answer(201)]);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      code: status,
      reason: expect.stringContaining('GITHUB_API_URL'),
    });
  });

  it('gives up when everybody is refused, and says how each was', async () => {
    const { outcome } = await tell([
      answer(404, 'Not Found'),
      answer(401, 'Bad credentials'),
      answer(404, 'Not Found'),
    ]);
    expect(outcome).toEqual({
      kind: 'rejected',
      code: 404,
      response: 'Not Found',
      reason:
        'GitHub takes it from nobody: the app: 404 Not Found; user 1: 401 Bad credentials; user 2: 404 Not Found.',
    });
  });

  it('tries again when nobody else may and GitHub does not know the app: its key may be corrected', async () => {
    const { outcome } = await tell([answer(401, 'A JSON web token could not be decoded'), answer(404)]);
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('the app: 401 A JSON web token') });
  });

  it.each([401, 403])('asks others first for an hour after a token was answered %i', async (status) => {
    let now = NOW;
    const memory = new TokenMemory(() => now);
    await tell([answer(404), answer(status), answer(201)], memory);
    expect((await tell([answer(404), answer(201), answer(201)], memory)).asked).toEqual(['the app', 'user 2']);
    now += 3_600_000;
    expect((await tell([answer(404), answer(201), answer(201)], memory)).asked).toEqual(['the app', 'user 1']);
  });

  it.each([401, 403])(
    'still asks with a token that was answered %i when nobody else may: elsewhere it may be good',
    async (status) => {
      const memory = new TokenMemory(() => NOW);
      await tell([answer(404), answer(status)], memory);
      const { outcome, asked } = await tell([answer(404), answer(201), answer(404)], memory);
      expect(outcome).toMatchObject({ kind: 'delivered' });
      expect(asked).toEqual(['the app', 'user 2', 'user 1']);
    },
  );

  it('asks with no more than three of those that were refused', async () => {
    const memory = new TokenMemory(() => NOW);
    const answers = [404, 403, 403, 403, 403, 403].map((status) => answer(status));
    await tell(answers, memory);
    const { outcome, asked } = await tell(answers, memory);
    expect(asked).toEqual(['the app', 'user 1', 'user 2', 'user 3']);
    expect(outcome).toMatchObject({ kind: 'rejected' });
  });

  it('asks again with a token that was answered 404: it may be good for another repository', async () => {
    const memory = new TokenMemory(() => NOW);
    await tell([answer(404), answer(404), answer(201)], memory);
    expect((await tell([answer(404), answer(201)], memory)).asked).toEqual(['the app', 'user 1']);
  });

  it('waits for the first who may ask again when all have asked too often', async () => {
    const memory = new TokenMemory(() => NOW);
    const answers = [
      answer(403, 'API rate limit exceeded', RESET),
      answer(429, '', { 'retry-after': '30' }),
      answer(401),
    ];
    const { outcome } = await tell(answers, memory);
    expect(outcome).toMatchObject({
      kind: 'retry',
      afterMs: 30_000,
      reason: expect.stringContaining('asked too often'),
    });
    // None of them is asked before.
    const again = await tell(answers, memory);
    expect(again.asked).toEqual(['user 2']);
    expect(again.outcome).toMatchObject({ kind: 'retry', afterMs: 30_000 });
  });

  it('tells in the name of somebody else while one has asked too often', async () => {
    const { outcome, asked } = await tell([answer(403, '', RESET), answer(201)]);
    expect(outcome).toMatchObject({ kind: 'delivered' });
    expect(asked).toEqual(['the app', 'user 1']);
  });

  it('leaves to the caller what kept an answer from coming', async () => {
    const send = () => Promise.reject(new Error('no answer'));
    const teller: Teller = { name: 'the app', key: 'x', kind: 'app', send };
    await expect(tellStatus([teller], new TokenMemory(), () => NOW)).rejects.toThrow('no answer');
  });
});
