import { eventually } from '../support';
import { JobBoardService } from '../support/job-board-service';
import { SideEffectsScene } from './side-effects-scene';

const PASSWORD = 'p@ss:wörd/%';
const BOARD = ['job-board'];

describe('deleting canceled jobs from the Job Board', () => {
  let board: JobBoardService;
  let scene: SideEffectsScene;

  beforeAll(async () => {
    board = new JobBoardService('hub', PASSWORD, 'com');
    await board.up();
    scene = await SideEffectsScene.open({ JOB_BOARD_URL: board.url, JOB_BOARD_SITE: 'com' });
  });
  beforeEach(async () => {
    board.down();
    await board.up();
    board.failWith = null;
    board.calls.length = 0;
  });
  afterEach(() => {
    board.expectNoMistakes();
  });
  afterAll(async () => {
    await scene.close();
    await board.close();
  });

  async function jobOnBoard(): Promise<number> {
    const id = await scene.insertJob();
    board.jobs.add(id);
    return id;
  }
  const targets = () => board.calls.map(({ target }) => target);

  it('deletes a job that is canceled, and decides on that before it tells the workers', async () => {
    const id = await jobOnBoard();
    await scene.send('job:cancel', { id, reason: 'not needed' });
    await eventually(() => expect(board.jobs.has(id)).toBe(false));
    await scene.untilEffects(
      id,
      [],
      [
        { channel: 'job-board', run: 1, state: 'delivered', attempts: 1 },
        { channel: 'worker-commands', run: 1 },
      ],
    );
    expect(targets()).toEqual([`/jobs/${id}?source=hub`]);
  });

  it('deletes all open jobs of a build that is canceled, each once', async () => {
    const { buildId, jobIds } = await scene.insertBuild({ jobs: 3 });
    const [finished, ...open] = jobIds;
    await scene.send('job:test:finish', { id: finished, state: 'passed' });
    await scene.send('build:cancel', { id: buildId });
    await eventually(() => expect(targets().sort()).toEqual(open.map((id) => `/jobs/${id}?source=hub`).sort()));
  });

  it('deletes a job again when a worker begins it although it is canceled', async () => {
    const id = await jobOnBoard();
    await scene.send('job:cancel', { id });
    await scene.send('job:test:receive', { id, state: 'received' });
    await scene.untilEffects(id, BOARD, [{ state: 'delivered' }, { state: 'delivered' }]);
    expect(targets()).toEqual([`/jobs/${id}?source=hub`, `/jobs/${id}?source=hub`]);
  });

  it('cancels at once while the Job Board is down, and deletes the job when it is back', async () => {
    const id = await jobOnBoard();
    board.down();
    await scene.send('job:cancel', { id });
    expect(await scene.stateOf(id)).toBe('canceled');
    const reason = expect.stringMatching(/^the Job Board: .* cannot be reached/) as string;
    await scene.untilEffects(id, BOARD, [{ state: 'pending', reason }]);
    await board.up();
    await eventually(async () => {
      await scene.tryNow();
      expect(board.jobs.has(id)).toBe(false);
    });
  });

  it('never deletes the job once it was started over', async () => {
    const id = await jobOnBoard();
    board.down();
    await scene.send('job:cancel', { id });
    await scene.untilEffects(id, BOARD, [{ state: 'pending', reason: expect.any(String) }]);
    await scene.send('job:restart', { id });
    await board.up();
    await scene.tryNow();
    await scene.untilEffects(id, BOARD, [{ run: 1, state: 'dropped', reason: 'the job was started over since' }]);
    expect(board.jobs.has(id)).toBe(true);
    expect(targets()).toEqual([]);
  });

  it.each([
    [401, 'set those in JOB_BOARD_URL'],
    [412, 'set JOB_BOARD_SITE'],
    [503, 'that may pass'],
    [301, 'set JOB_BOARD_URL to the address it leads to'],
  ])('tries again after %s, and keeps no secret that the Job Board repeats', async (status, words) => {
    const id = await jobOnBoard();
    board.failWith = { status, body: `you are hub with ${PASSWORD} at ${board.url}` };
    await scene.send('job:cancel', { id });
    await scene.untilEffects(id, BOARD, [{ state: 'pending', reason: expect.stringContaining(words) }]);
    const stored = await scene.everythingStored();
    expect(stored).toContain('you are [secure] with [secure]');
    expect(stored).not.toContain(PASSWORD);
    expect(stored).not.toContain(encodeURIComponent(PASSWORD));
    board.failWith = null;
    await eventually(async () => {
      await scene.tryNow();
      expect(board.jobs.has(id)).toBe(false);
    });
  });

  it('gives up when its request is not wanted', async () => {
    const id = await jobOnBoard();
    board.failWith = { status: 405 };
    await scene.send('job:cancel', { id });
    await scene.untilEffects(id, BOARD, [
      { state: 'failed', attempts: 1, reason: expect.stringContaining('never will') },
    ]);
  });
});
