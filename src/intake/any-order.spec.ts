import { EventEmitter2 } from '@nestjs/event-emitter';
import { Test, type TestingModule } from '@nestjs/testing';
import fc from 'fast-check';
import { BuildsModule } from '../builds';
import { ConfigModule, loadConfig } from '../config';
import { EventsModule } from '../events';
import { JobsModule } from '../jobs';
import { UnitOfWork, type BuildRecord, type JobRecord, type StageRecord } from '../unit-of-work';
import { CommandApplier } from './apply-command';
import { normaliseMessage } from './normalise';

const NOW = new Date('2026-01-01T00:00:00Z');

/** What the messages of one run of a job on a worker may be, each a legal story. */
const STORIES: readonly (readonly (readonly [type: string, state: string])[])[] = [
  [
    ['job:test:receive', 'received'],
    ['job:test:start', 'started'],
    ['job:test:finish', 'passed'],
  ],
  [
    ['job:test:receive', 'received'],
    ['job:test:start', 'started'],
    ['job:test:finish', 'failed'],
  ],
  [
    ['job:test:receive', 'received'],
    ['job:test:reset', 'reset'],
  ],
  [
    ['job:test:receive', 'received'],
    ['job:test:start', 'started'],
    ['job:test:reset', 'reset'],
  ],
  [
    ['job:test:receive', 'received'],
    ['job:test:finish', 'cancelled'],
  ],
];

describe('messages of one worker run', () => {
  let module: TestingModule;
  let applier: CommandApplier;

  beforeAll(async () => {
    const config = loadConfig({
      DATABASE_URL: 'postgres://localhost/unused',
      HTTP_BASIC_AUTH: 'a:long-enough-password',
    });
    module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), EventsModule, JobsModule, BuildsModule],
      providers: [CommandApplier],
    }).compile();
    await module.init();
    applier = module.get(CommandApplier);
  });
  afterAll(() => module.close());

  /** A started build with one staged job to be run and a sibling in the same stage that has passed. */
  function scene(): UnitOfWork {
    const uow = new UnitOfWork(NOW);
    const times = { startedAt: null, finishedAt: null, canceledAt: null, receivedAt: null, restartedAt: null };
    const build: BuildRecord = {
      ...times,
      id: 1,
      repositoryId: null,
      number: '1',
      config: { fastFinish: false, broken: false },
      previousState: null,
      state: 'started',
      duration: null,
      lastSeq: 0,
      restartedFrom: null,
    };
    uow.builds.set(1, build);
    uow.completeBuilds.add(build.id);
    const stage: StageRecord = {
      id: 5,
      buildId: 1,
      number: 1,
      name: null,
      state: 'started',
      startedAt: NOW,
      finishedAt: null,
    };
    uow.addStage(stage);
    const job = (id: number, state: JobRecord['state']): JobRecord => ({
      ...times,
      id,
      buildId: 1,
      repositoryId: null,
      stageId: 5,
      number: `1.${id}`,
      allowFailure: false,
      queue: null,
      state,
      queuedAt: null,
      vmSize: null,
      restartedBy: null,
      run: 1,
    });
    uow.addJob(job(10, 'queued'), true);
    uow.addJob(job(11, 'passed'), true);
    return uow;
  }

  function play(messages: readonly (readonly [type: string, body: object])[]): unknown {
    const uow = scene();
    for (const [type, body] of messages) applier.apply(uow, normaliseMessage(type, body));
    return { job: uow.jobs.get(10)?.state, stage: uow.stages.get(5)?.state, build: uow.builds.get(1)?.state };
  }

  it('leave the same job, stage and build state in any order and with any repetition', () => {
    expect(module.get(EventEmitter2).listenerCount('job:started')).toBeGreaterThan(0);
    fc.assert(
      fc.property(
        fc.constantFrom(...STORIES).chain((story) => {
          const messages = story.map(
            ([type, state], count) =>
              [type, { id: 10, state, meta: { uuid: 'run', state_update_count: count } }] as const,
          );
          const repeated = fc.array(fc.constantFrom(...messages), { maxLength: 4 });
          return repeated
            .chain((extra) =>
              fc.shuffledSubarray([...messages, ...extra], { minLength: messages.length + extra.length }),
            )
            .map((shuffled) => ({ messages, shuffled }));
        }),
        ({ messages, shuffled }) => {
          expect(play(shuffled)).toEqual(play(messages));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
