/**
 * Builds: stages, builds, and what a job's change means for them.
 *
 * Consumes all `job:*` events and the signal `job:repeated`.
 * Publishes `build:created`, `build:started`, `build:finished`, `build:canceled`, `build:restarted`, and the signals
 * `build:commanded` and `stage:failed`, which Jobs hears.
 * Exposes `BuildsService.apply` to the intake, and the entities of its tables.
 */
export { BuildsModule } from './builds.module';
export { BuildsService } from './builds.service';
