import type { ChannelTarget, Notice } from '../../channel';
import type { HandoverDeps } from '../deps';
import { readBuildDetails, type BuildDetails } from '../facts/build-details';
import type { SidekiqJob, Silence } from '../handover';
import { task, type TaskName } from './task';
import { taskPayload } from './task-payload';

/** A task about a build, with the payload that all of them share. */
export async function buildTask(
  name: TaskName,
  deps: HandoverDeps,
  notice: Notice,
  params: (details: BuildDetails) => object,
): Promise<SidekiqJob | Silence> {
  const details = await readBuildDetails(deps.statements, notice);
  if (!details) return { kind: 'dropped', reason: 'the build no longer exists' };
  return task(name, deps, taskPayload(notice, details), params(details));
}

/** The target of one entry of a config, or of the one that stands for all. In order for each build. */
export function taskTarget<T>(name: string, notice: Notice, element: number, target: T): ChannelTarget<T> {
  const orderKey = `${notice.event.build_id}/${element}`;
  return { element, key: name, display: `${name} (by Redis)`, orderKey, target };
}
