/**
 * Jobs: the job state machine.
 *
 * Consumes the signals `build:commanded` and `stage:failed` from Builds.
 * Publishes `job:created`, `job:received`, `job:started`, `job:finished`, `job:canceled`, `job:restarted`, and the
 * signal `job:repeated`.
 * Exposes `JobsService.apply` to the intake, and the entities of its tables.
 */
export { JobsModule } from './jobs.module';
export { JobsService } from './jobs.service';
