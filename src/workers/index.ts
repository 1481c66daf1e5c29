/**
 * Workers: telling them to stop a job, over the broker and through the Job Board, and keeping their logs right at
 * travis-logs.
 *
 * Consumes the deliveries of channels `worker-commands`, `job-board` and `log-…`, which Jobs decides on. Exposes its
 * module only.
 */
export { WorkersModule } from './workers.module';
