/**
 * Intake: everything that arrives becomes a typed command, is applied in batches, and is settled by its outcome.
 *
 * Consumes messages from RabbitMQ and, where there is one, Redis. Exposes `Batcher` and `BatchRunner` to others that bring commands, such as the API,
 * and what is parked to whoever lets a person look at it.
 */
export { ApplyingModule } from './applying.module';
export { CommandApplier, type CommandResult } from './apply-command';
export { Batcher, StoppingError } from './batcher';
export { IntakeModule } from './intake.module';
export { normaliseMessage, readMessage, type MessageWarning, type NormalisedMessage } from './normalise';
export type { ParkableMessage, ParkedSummary, ParkedWhole } from './parked/parked-message';
export { ParkedMessages, type ParkedFilter } from './parked/parked-messages';
export { ParkedReplay, type Replay } from './parked/parked-replay';
export { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';
export { BatchRunner, type BatchResult } from './run-batch';
export { SidekiqIntake } from './sidekiq/sidekiq-intake';
export { Transports } from './transports';
