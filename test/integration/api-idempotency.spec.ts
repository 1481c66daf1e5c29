import { buildBody, startApiApp, type ApiApp } from './api-app';

interface Created {
  id: number;
}

describe('POST /api/builds with an Idempotency-Key', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const send = (key: string, body: object) => hub.post('/api/builds', body).set('Idempotency-Key', key);
  const body = buildBody();

  it('answers a repeat with the same build, whatever the order of the keys', async () => {
    const first = await send('repeat', body);
    const again = await send('repeat', Object.fromEntries(Object.entries(body).reverse()));
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.location).toBe(first.headers.location);
  });

  it('refuses another body with the same key', async () => {
    await send('other-body', body);
    const other = await send('other-body', { ...body, branch: 'other' });
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ type: 'urn:hub:problem:unprocessable' });
  });

  it('creates one build when the same request arrives many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('at-once', body)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map((answer) => (answer.body as Created).id)).size).toBe(1);
  });

  it('keeps the keys of users apart', async () => {
    const alice = await send('shared', body);
    const bob = await hub
      .anonymous('post', '/api/builds')
      .auth('bob', 'builder')
      .set('Idempotency-Key', 'shared')
      .send(body);
    expect([alice.status, bob.status]).toEqual([201, 201]);
    expect((bob.body as Created).id).not.toBe((alice.body as Created).id);
  });

  it('can be used again when the first try failed', async () => {
    expect((await send('second-try', { ...body, repository: { id: 999_999 } })).status).toBe(422);
    expect((await send('second-try', body)).status).toBe(201);
  });

  it('says so when the build has been deleted since', async () => {
    const { id } = (await send('deleted', body)).body as Created;
    await hub.database.query('DELETE FROM builds WHERE id = $1', [id]);
    expect((await send('deleted', body)).status).toBe(409);
  });

  it.each([
    ['nothing', ''],
    ['a space', 'a b'],
    ['letters beyond ASCII', 'ü'],
    ['more than 255 characters', 'x'.repeat(256)],
  ])('refuses a key of %s', async (_, key) => {
    expect((await send(key, body)).status).toBe(400);
  });
});
