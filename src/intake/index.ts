/**
 * Intake: everything that arrives becomes a typed command, is applied in batches, and is settled by its outcome.
 *
 * Consumes messages from RabbitMQ. Exposes `Batcher` and `BatchRunner` to others that bring commands, such as the API.
 */
export { CommandApplier, type CommandResult } from './apply-command';
export { Batcher, StoppingError } from './batcher';
export { IntakeModule } from './intake.module';
export { normaliseMessage } from './normalise';
export { BatchRunner, type BatchResult } from './run-batch';
