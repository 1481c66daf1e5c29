import type { TestDatabase } from './database';
import { STORIES } from './fleet-story';
import type { StoryBuild } from './publish-round';
import { insertBuild } from './rows';

/** What became of builds: in the database, or by their stories. */
export interface StoryEnds {
  readonly builds: readonly string[];
  readonly jobs: readonly string[];
  /** Of each build, what it told, sorted. */
  readonly events: readonly (readonly string[])[];
}

/**
 * Inserts builds for all stories, all of one repository, so that replicas meet on its row as well.
 *
 * @param perStory how many of each
 * @param repositoryId one that is there; a new one unless it is given
 */
export async function insertStories(
  database: TestDatabase,
  perStory: number,
  repositoryId?: number,
): Promise<StoryBuild[]> {
  const builds: StoryBuild[] = [];
  for (const story of STORIES) {
    const stages = story.jobs.map((job) => job.stage).filter((stage) => stage !== null);
    const jobs = stages.length > 0 ? stages : story.jobs.length;
    for (let i = 0; i < perStory; i++) {
      const shared = repositoryId ?? builds[0]?.rows.repositoryId;
      const rows = await insertBuild(database, { jobs, ...(shared !== undefined && { repositoryId: shared }) });
      builds.push({ story, rows });
    }
  }
  return builds;
}

/** What must have become of them. */
export function endsOf(builds: readonly StoryBuild[]): StoryEnds {
  return {
    builds: builds.map(({ story }) => story.end),
    jobs: builds.flatMap(({ story }) => story.jobs.map((job) => job.end)),
    events: builds.map(({ story }) => story.events),
  };
}

/** What has become of them. */
export async function readEnds(database: TestDatabase, builds: readonly StoryBuild[]): Promise<StoryEnds> {
  const ids = builds.map(({ rows }) => rows.buildId);
  const [states, jobs, events] = await Promise.all([
    database.query<{ state: string }>('SELECT state FROM builds WHERE id = ANY ($1) ORDER BY id', [ids]),
    database.query<{ state: string }>('SELECT state FROM jobs WHERE source_id = ANY ($1) ORDER BY id', [ids]),
    database.query<{ names: string[] }>(
      'SELECT array_agg(name ORDER BY seq) AS names FROM hub.events WHERE build_id = ANY ($1) GROUP BY build_id ORDER BY build_id',
      [ids],
    ),
  ]);
  return {
    builds: states.map(({ state }) => state),
    jobs: jobs.map(({ state }) => state),
    events: events.map(({ names }) => [...names].sort()),
  };
}
