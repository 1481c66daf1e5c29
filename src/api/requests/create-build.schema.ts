import { z } from 'zod';
import { jsonObject, line, rowId, slugPart, time } from './fields';

/** Most jobs of one build. */
const MAX_JOBS = 1_000;

const accountType = z.enum(['User', 'Organization']);

const repository = z
  .strictObject({
    id: rowId.optional(),
    owner_name: slugPart.optional(),
    name: slugPart.optional(),
    owner_type: accountType.optional(),
    owner_email: line(320).optional(),
    github_id: rowId.optional(),
    installation_id: rowId.optional(),
    vcs_type: line(100).optional(),
    vcs_id: line(255).optional(),
    vcs_slug: line(512).optional(),
    url: line(2_000).optional(),
    description: z.string().max(10_000).optional(),
    private: z.boolean().optional(),
    default_branch: line(255).optional(),
  })
  .refine((given) => given.id !== undefined || (given.owner_name !== undefined && given.name !== undefined), {
    error: 'must have an id, or owner_name and name',
  })
  .refine((given) => given.id === undefined || Object.keys(given).length === 1, {
    error: 'must have nothing besides the id: the repository exists already',
  });

const commit = z.strictObject({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/i, 'must be 7 to 64 hexadecimal digits'),
  message: z.string().optional(),
  branch: line(255).optional(),
  ref: line(512).optional(),
  compare_url: line(2_000).optional(),
  committed_at: time.optional(),
  author_name: line(1_000).optional(),
  author_email: line(320).optional(),
  committer_name: line(1_000).optional(),
  committer_email: line(320).optional(),
});

const pullRequest = z.strictObject({
  number: rowId,
  title: z.string().max(1_000).optional(),
  head_ref: line(255).optional(),
  head_repo_slug: line(512).optional(),
});

const sender = z
  .strictObject({ type: accountType.optional(), id: rowId.optional(), login: slugPart.optional() })
  .refine((given) => (given.id === undefined) !== (given.login === undefined), 'must have either an id or a login');

const job = z.strictObject({
  config: jsonObject.optional(),
  allow_failure: z.boolean().optional(),
  queue: line(255).optional(),
});

const jobs = z.array(job).min(1, 'must hold at least one job').max(MAX_JOBS);

const stage = z.strictObject({ name: line(255).optional(), jobs });

/** Body of `POST /api/builds`. Unknown keys are refused: a mistyped one would otherwise be lost silently. */
export const createBuildSchema = z
  .strictObject({
    repository,
    commit,
    branch: line(255).optional(),
    tag: line(255).optional(),
    event_type: z.enum(['push', 'pull_request', 'api', 'cron']).optional(),
    pull_request: pullRequest.optional(),
    sender: sender.optional(),
    config: jsonObject.optional(),
    stages: z.array(stage).min(1, 'must hold at least one stage').max(MAX_JOBS).optional(),
    jobs: jobs.optional(),
  })
  .superRefine((body, context) => {
    const fail = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if ((body.jobs === undefined) === (body.stages === undefined)) fail('jobs', 'give either jobs or stages with jobs');
    const count = body.stages?.reduce((sum, { jobs: list }) => sum + list.length, 0) ?? 0;
    if (count > MAX_JOBS) fail('stages', `hold ${count} jobs together, more than ${MAX_JOBS}`);
    if (body.branch === undefined && body.commit.branch === undefined && body.tag === undefined) {
      fail('branch', 'is needed, unless the commit names one or a tag was built');
    }
    const isPullRequest = body.event_type === 'pull_request';
    if (isPullRequest && !body.pull_request) fail('pull_request', 'is needed when event_type is pull_request');
    if (!isPullRequest && body.pull_request && body.event_type) {
      fail('pull_request', `does not go with event_type ${body.event_type}`);
    }
  });

export type CreateBuild = z.infer<typeof createBuildSchema>;
export type CreateJob = z.infer<typeof job>;

/** The jobs of a request with the index of their stage; null without stages. */
export function jobsOf(body: CreateBuild): { readonly stage: number | null; readonly job: CreateJob }[] {
  if (body.stages) return body.stages.flatMap(({ jobs: list }, stage) => list.map((item) => ({ stage, job: item })));
  return (body.jobs ?? []).map((item) => ({ stage: null, job: item }));
}
