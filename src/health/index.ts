/**
 * Health: the probes /health/live, /health/startup and /health/ready.
 * Consumes the state of the database and of the broker. Publishes nothing. Exposes `Lifecycle`, which main.ts moves on.
 */
export { HealthModule } from './health.module';
export { Lifecycle } from './lifecycle';
