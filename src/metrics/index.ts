/**
 * Metrics for Prometheus: ready-made counters for whoever counts, and `GET /metrics`.
 * Consumes the open rows of `hub` when scraped. Publishes nothing. Exposes the counters.
 */
export {
  batchDuration,
  batchSize,
  consumerUp,
  countMessage,
  deliveryAttemptsTotal,
  doctorFindingsTotal,
  eventLag,
  jobPhase,
  messageDuration,
  messagesInFlight,
  messagesTotal,
  parkedTotal,
  registry,
  staleJobsTotal,
  sidekiqBacklog,
  sidekiqConsumerUp,
  timeMessage,
  transitionsTotal,
  typeLabel,
  type MessageOutcome,
} from './metrics';
export { MetricsModule } from './metrics.module';
export { recordTransitions } from './transitions';
