import type { TestDatabase } from '../test/support';
import { insert, reserve } from './insert-rows';
import { Random } from './random';
import { expectationOf, type Expectation } from './traffic-model';
import { planTraffic, type Traffic, type TrafficOptions } from './traffic';

/** Traffic whose builds stand in the database. */
export interface SeededTraffic {
  readonly traffic: Traffic;
  readonly expected: Expectation;
  readonly seed: number;
  readonly buildIds: readonly number[];
  /** By build, then by job. */
  readonly jobIds: readonly (readonly number[])[];
  /** In a block of their own, so that other programs can draw from it. */
  readonly firstJob: number;
  readonly jobs: number;
}

const BUILDS_PER_REPOSITORY = 4;

/** Plans traffic and inserts what it is about, as the services that create and queue builds would leave it. */
export async function seedTraffic(
  database: TestDatabase,
  options: TrafficOptions,
  webhookUrl: string,
): Promise<SeededTraffic> {
  const traffic = planTraffic(options);
  const { builds } = traffic;
  const random = new Random(options.seed ^ 0x73656564);
  const repositories = await seedRepositories(database, Math.ceil(builds.length / BUILDS_PER_REPOSITORY), webhookUrl);
  const sources = await seedSources(database, builds.length, random);
  const firstBuild = await reserve(database, 'shared_builds_tasks_seq', builds.length);
  const jobs = builds.reduce((sum, build) => sum + build.jobs.length, 0);
  const firstJob = await reserve(database, 'shared_builds_tasks_seq', jobs);
  const firstStage = await reserve(
    database,
    'stages_id_seq',
    builds.reduce((sum, build) => sum + build.stages, 0) || 1,
  );

  const repositoryOf = (build: number) => build % repositories.count;
  const numberOf = (build: number) => String(Math.floor(build / repositories.count) + 1);
  const rows = builds.map((_, i) => i);
  await insert(database, 'builds', `'push', 'master', 'User', 1, 'User', 1, 'created'`, {
    fixed: 'event_type, branch, owner_type, owner_id, sender_type, sender_id, state',
    columns: [
      ['id', 'bigint', rows.map((i) => firstBuild + i)],
      ['repository_id', 'integer', rows.map((i) => repositories.first + repositoryOf(i))],
      ['number', 'varchar', rows.map(numberOf)],
      ['commit_id', 'integer', rows.map((i) => sources.firstCommit + i)],
      ['request_id', 'integer', rows.map((i) => sources.firstRequest + i)],
      ['config_id', 'integer', rows.map((i) => repositories.firstBuildConfig + repositoryOf(i))],
    ],
  });

  let nextStage = firstStage;
  const stageIds = builds.map(({ stages }) => Array.from({ length: stages }, () => nextStage++));
  const stages = stageIds.flatMap((ids, build) => ids.map((id, number) => ({ id, build, number })));
  await insert(database, 'stages', `'created'`, {
    fixed: 'state',
    timed: false,
    columns: [
      ['id', 'integer', stages.map(({ id }) => id)],
      ['build_id', 'integer', stages.map(({ build }) => firstBuild + build)],
      ['number', 'integer', stages.map(({ number }) => number + 1)],
      ['name', 'varchar', stages.map(({ number }) => ['Test', 'Package', 'Deploy'][number] ?? 'Stage')],
    ],
  });

  let nextJob = firstJob;
  const jobIds = builds.map((build) => build.jobs.map(() => nextJob++));
  const all = builds.flatMap((build, i) => build.jobs.map(({ stage }, nth) => ({ build: i, nth, stage })));
  await insert(database, 'jobs', `'Build', 'Job::Test', 'User', 1, 'builds.ec2', $queued`, {
    fixed: 'source_type, type, owner_type, owner_id, queue, queued_at',
    columns: [
      ['id', 'bigint', all.map((_, i) => firstJob + i)],
      ['source_id', 'integer', all.map(({ build }) => firstBuild + build)],
      ['repository_id', 'integer', all.map(({ build }) => repositories.first + repositoryOf(build))],
      ['commit_id', 'integer', all.map(({ build }) => sources.firstCommit + build)],
      ['stage_id', 'integer', all.map(({ build, stage }) => (stage === null ? null : stageIds[build]?.[stage]))],
      ['number', 'varchar', all.map(({ build, nth }) => `${numberOf(build)}.${nth + 1}`)],
      [
        'config_id',
        'integer',
        all.map(
          ({ build, nth }) => repositories.firstJobConfig + repositoryOf(build) * JOB_CONFIGS + (nth % JOB_CONFIGS),
        ),
      ],
      // Later stages wait for the scheduler.
      ['state', 'varchar', all.map(({ stage }) => (stage === null || stage === 0 ? 'queued' : 'created'))],
    ],
  });
  return {
    traffic,
    expected: expectationOf(traffic),
    seed: options.seed,
    buildIds: rows.map((i) => firstBuild + i),
    jobIds,
    firstJob,
    jobs,
  };
}

const JOB_CONFIGS = 3;

async function seedRepositories(database: TestDatabase, count: number, webhookUrl: string) {
  const first = await reserve(database, 'repositories_id_seq', count);
  const firstBuildConfig = await reserve(database, 'build_configs_id_seq', count);
  const firstJobConfig = await reserve(database, 'job_configs_id_seq', count * JOB_CONFIGS);
  const rows = Array.from({ length: count }, (_, i) => i);
  await insert(database, 'repositories', `'acme', 'User', 1, true, 'master', 'GithubRepository'`, {
    fixed: 'owner_name, owner_type, owner_id, active, default_branch, vcs_type',
    columns: [
      ['id', 'integer', rows.map((i) => first + i)],
      ['name', 'varchar', rows.map((i) => `tool-${first + i}`)],
      ['github_id', 'integer', rows.map((i) => first + i)],
      ['vcs_id', 'varchar', rows.map((i) => String(first + i))],
      ['vcs_slug', 'varchar', rows.map((i) => `acme/tool-${first + i}`)],
    ],
  });
  const config = JSON.stringify({ ...CONFIG, notifications: { webhooks: { urls: [webhookUrl], on_start: 'always' } } });
  await insert(database, 'build_configs', '$config', {
    fixed: 'config',
    timed: false,
    text: config,
    columns: [
      ['id', 'integer', rows.map((i) => firstBuildConfig + i)],
      ['repository_id', 'integer', rows.map((i) => first + i)],
      ['key', 'varchar', rows.map(() => 'bench')],
    ],
  });
  const jobConfigs = rows.flatMap((i) => Array.from({ length: JOB_CONFIGS }, () => first + i));
  await insert(database, 'job_configs', '$config', {
    fixed: 'config',
    timed: false,
    text: JSON.stringify(CONFIG),
    columns: [
      ['id', 'integer', jobConfigs.map((_, i) => firstJobConfig + i)],
      ['repository_id', 'integer', jobConfigs],
      ['key', 'varchar', jobConfigs.map((_, i) => `bench-${i % JOB_CONFIGS}`)],
    ],
  });
  return { first, count, firstBuildConfig, firstJobConfig };
}

/** A config as people write it. */
const CONFIG = {
  language: 'ruby',
  os: ['linux'],
  dist: 'xenial',
  rvm: ['2.7.2', '3.0.0'],
  env: [{ DB: 'postgres' }, { DB: 'mysql' }],
  before_install: ['gem install bundler', 'sudo apt-get -qq update'],
  script: ['bundle exec rake', 'bundle exec rubocop --parallel'],
  cache: { bundler: true },
  '.result': 'configured',
};

async function seedSources(database: TestDatabase, count: number, random: Random) {
  const firstCommit = await reserve(database, 'commits_id_seq', count);
  const firstRequest = await reserve(database, 'requests_id_seq', count);
  const shas = Array.from({ length: count }, () => random.hex(40));
  const person = `'Ada Example', 'ada@example.org', 'Ada Example', 'ada@example.org', 'master', 'Make it faster'`;
  await insert(database, 'commits', `${person}, 'https://github.example/acme/tool/compare/a...b'`, {
    fixed: 'committer_name, committer_email, author_name, author_email, branch, message, compare_url',
    columns: [
      ['id', 'integer', shas.map((_, i) => firstCommit + i)],
      ['commit', 'varchar', shas],
    ],
  });
  await insert(database, 'requests', `'push'`, {
    fixed: 'event_type',
    columns: [
      ['id', 'integer', shas.map((_, i) => firstRequest + i)],
      ['commit_id', 'integer', shas.map((_, i) => firstCommit + i)],
      ['head_commit', 'varchar', shas],
    ],
  });
  return { firstCommit, firstRequest };
}
