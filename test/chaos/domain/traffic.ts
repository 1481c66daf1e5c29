import { Random } from './random';
import { drawStory, type Story } from './story';

export interface PlannedJob {
  readonly id: number;
  /** Index of its stage; null in a build without. */
  readonly stage: number | null;
  readonly allowFailure: boolean;
  readonly story: Story;
}

/** A build that is going to be. */
export interface PlannedBuild {
  readonly id: number;
  readonly index: number;
  readonly repositoryId: number;
  readonly jobs: readonly PlannedJob[];
}

export const REPOSITORIES = 12;
/** Ids tell what they are about, and never meet those that the database gives. */
const FIRST_ID = 1_000_000;
const IDS_PER_BUILD = 10;

/** Plans the build with this index: the same seed plans the same. */
export function planBuild(seed: number, index: number): PlannedBuild {
  const random = new Random(seed, 1, index);
  const id = FIRST_ID + index * IDS_PER_BUILD;
  const count = random.between(1, 4);
  const staged = count > 1 && random.happens(0.3);
  const jobs = Array.from({ length: count }, (_, i): PlannedJob => {
    const stage = staged ? Math.floor((i * 2) / count) : null;
    return { id: id + 1 + i, stage, allowFailure: random.happens(0.12), story: drawStory(random, stage !== null) };
  });
  return { id, index, repositoryId: 1 + (index % REPOSITORIES), jobs: jobs.map((job, i) => tamed(job, i, jobs)) };
}

/** One job of a build at most is run again when the build is over, or nobody could say what ends it. */
function tamed(job: PlannedJob, i: number, jobs: readonly PlannedJob[]): PlannedJob {
  const before = jobs.slice(0, i).some(({ story }) => story.name === 'restarted');
  if (job.story.name !== 'restarted' || !before) return job;
  return { ...job, story: { ...job.story, scenes: job.story.scenes.slice(0, 3) } };
}
