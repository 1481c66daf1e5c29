import { Batcher, RabbitmqIntake, Transports } from '../../src/intake';
import { eventually } from '../support';
import { IntakeScene } from './intake-scene';

let hub: IntakeScene;

beforeEach(async () => {
  hub = await IntakeScene.open();
});
afterEach(() => hub.close());

const ALL_EVENTS = ['job:received', 'build:started', 'job:started', 'build:finished', 'job:finished'];

function playRun(jobId: number): void {
  hub.publish('job:test:receive', { id: jobId, received_at: '2021-01-01T00:00:00Z' });
  hub.publish('job:test:start', { id: jobId, started_at: '2021-01-01T00:00:01Z' });
  hub.publish('job:test:finish', { id: jobId, state: 'passed', finished_at: '2021-01-01T00:00:02Z' });
}

describe('while the database is away', () => {
  it('messages are held, and applied when it is back', async () => {
    const { jobId, buildId } = await hub.createBuild(await hub.nextId());
    hub.databaseProxy.cut();
    playRun(jobId);
    await eventually(() => expect(hub.app.get(Batcher).troubledSince).not.toBeNull());
    expect(await hub.waiting()).toBe(0);
    expect(hub.app.get(RabbitmqIntake).consuming).toBe(true);
    hub.databaseProxy.restore();
    await eventually(async () => expect(await hub.stateOf(jobId)).toBe('passed'));
    expect(await hub.eventsOf(buildId)).toEqual(ALL_EVENTS);
  });

  it('for over a minute, messages go back to the queue, and are applied once when it is back', async () => {
    const { jobId, buildId } = await hub.createBuild(await hub.nextId());
    const intake = hub.app.get(RabbitmqIntake);
    hub.databaseProxy.cut();
    playRun(jobId);
    hub.publish('job:restart', { id: jobId });
    await eventually(() => expect(hub.app.get(Batcher).troubledSince).not.toBeNull());

    await hub.app.get(Transports).outage.runOnce(Date.now() + 60_000);
    expect(intake.consuming).toBe(false);
    expect(intake.degraded).toMatch(/^Paused: the database has been away since \d/);
    await eventually(async () => expect(await hub.waiting()).toBe(4));

    hub.databaseProxy.restore();
    await eventually(() => expect(intake).toMatchObject({ consuming: true, degraded: null }));
    await eventually(async () => expect(await hub.eventsOf(buildId)).toHaveLength(7));
    expect(await hub.eventsOf(buildId)).toEqual([...ALL_EVENTS, 'build:restarted', 'job:restarted']);
    expect(await hub.waiting()).toBe(0);
  });
});
