import { createHash } from 'node:crypto';
import type { PlannedBuild, PlannedJob } from './domain/plan';

/** Few enough that builds of one repository meet, as those of a busy project do. */
const REPOSITORIES = 12;

/** The body of `POST /api/builds` for a planned build. */
export function buildRequest(plan: PlannedBuild, seed: number): object {
  const job = ({ allowFailure }: PlannedJob) => ({ allow_failure: allowFailure, queue: 'builds.simulated' });
  const jobsOf = (stage: number) => plan.jobs.filter((planned) => planned.stage === stage).map(job);
  const sha = createHash('sha1').update(`${seed}/${plan.index}`).digest('hex');
  return {
    repository: { owner_name: 'simulated', name: `project-${plan.index % REPOSITORIES}`, default_branch: 'main' },
    commit: { sha, message: `Simulated build ${plan.index} of seed ${seed}`, author_name: 'Ada' },
    branch: 'main',
    event_type: 'push',
    config: { language: 'generic', ...(plan.fastFinish && { jobs: { fast_finish: true } }) },
    ...(plan.stages === 0
      ? { jobs: plan.jobs.map(job) }
      : {
          stages: Array.from({ length: plan.stages }, (_, i) => ({ name: `stage ${i + 1}`, jobs: jobsOf(i) })),
        }),
  };
}
