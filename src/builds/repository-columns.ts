import { Injectable } from '@nestjs/common';
import type { CommandContext } from '../events';
import type { BuildRecord, RepositoryRecord } from '../unit-of-work';

const HAS_STARTED: ReadonlySet<string> = new Set(['started', 'passed', 'failed', 'errored', 'canceled']);

/**
 * Keeps the columns of `repositories` that repeat what is known of its last and current build (states.md §4).
 *
 * Only a start makes a build the last one. What happens to other builds afterwards is not written (fixes B17), so
 * `last_build_state` always belongs to `last_build_id`.
 */
@Injectable()
export class RepositoryColumns {
  onStart(context: CommandContext, build: BuildRecord): void {
    const repository = repositoryOf(context, build);
    if (!repository) return;
    if (!isOvertaken(context, build)) repository.currentBuildId = build.id;
    repository.lastBuildId = build.id;
    repository.lastBuildNumber = build.number;
    repository.lastBuildStartedAt = build.startedAt;
    copyEnd(repository, build);
  }

  onEnd(context: CommandContext, build: BuildRecord): void {
    const repository = repositoryOf(context, build);
    if (repository?.lastBuildId === build.id) copyEnd(repository, build);
  }

  onRestart(context: CommandContext, build: BuildRecord): void {
    const repository = repositoryOf(context, build);
    if (repository?.lastBuildId !== build.id) return;
    repository.lastBuildStartedAt = build.startedAt;
    copyEnd(repository, build);
  }
}

function copyEnd(repository: RepositoryRecord, build: BuildRecord): void {
  repository.lastBuildState = build.state;
  repository.lastBuildDuration = build.duration;
  repository.lastBuildFinishedAt = build.finishedAt;
}

function repositoryOf({ uow }: CommandContext, build: BuildRecord): RepositoryRecord | undefined {
  return build.repositoryId === null ? undefined : uow.repositories.get(build.repositoryId);
}

/** Whether a newer build of the repository has started: then that one stays the current one. */
function isOvertaken({ uow }: CommandContext, build: BuildRecord): boolean {
  if (uow.overtakenBuilds.has(build.id)) return true;
  return [...uow.builds.values()].some(
    (other) => other.repositoryId === build.repositoryId && other.id > build.id && HAS_STARTED.has(other.state),
  );
}
