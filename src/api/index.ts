/**
 * The HTTP API for builds and jobs.
 *
 * Consumes HTTP requests. Publishes `build:created` and `job:created` for the builds it makes; everything else goes as
 * a command through intake. Exposes the module, `prepareHttp`, which the start of the application calls, and what the
 * routes for builds and jobs read, for the command line.
 */
export { ApiModule } from './api.module';
export { prepareHttp } from './http';
export { readBuildTimeline, type BuildTimelineView } from './views/build-timeline.view';
export {
  readJob,
  readJobsOnInstance,
  readTimeline,
  type InstanceJobView,
  type JobView,
  type TimelineView,
} from './views/job.view';
