/**
 * Workers: telling them to stop a job.
 *
 * Consumes the deliveries of channel `worker-commands`, which Jobs decides on. Exposes its module only.
 */
export { WorkersModule } from './workers.module';
