/**
 * Doctor: finds rows that contradict each other and what stands still, explains it, and mends it.
 *
 * Consumes nothing; brings commands to the intake. Exposes `Doctor` to the command line and to the sweeper, which has it
 * look every few minutes.
 */
export type { Finding } from './check';
export { CHECKS } from './checks';
export { Doctor, type Cure } from './doctor';
export { DoctorModule } from './doctor.module';
export type { Scope } from './examination';
