import { z } from 'zod';
import { line, time } from './fields';

/** Body of `POST /api/jobs/:id/queue`. */
export const queueJobSchema = z.strictObject({
  /** When the scheduler queued the job; now, if it does not say. */
  queued_at: time.nullish(),
  /** The worker queue it went to. */
  queue: line(255).nullish(),
});

/** Body of the cancel and restart routes. */
export const reasonSchema = z.strictObject({
  /** Told to the workers and kept with the event. */
  reason: line(1_000).nullish(),
});

/** Query of `GET /api/builds`. */
export const listBuildsSchema = z.strictObject({
  repository: z
    .string()
    .regex(/^([0-9]+|[^/\s]+\/[^/\s]+)$/, 'must be owner/name or the id of a repository')
    .max(512)
    .optional(),
  limit: z.coerce.number().pipe(z.int().min(1).max(100)).default(25),
  before: z.coerce.number().pipe(z.int().min(1)).optional(),
});

/** Query of `GET /api/jobs`. Of all jobs there are too many to list: they are listed by their builds. */
export const jobsOnInstanceSchema = z.strictObject({
  /** As workers send it in `meta.instance_id`. */
  instance_id: line(255),
  limit: z.coerce.number().pipe(z.int().min(1).max(100)).default(25),
});

export type ListBuilds = z.infer<typeof listBuildsSchema>;

/** The `Idempotency-Key` header. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'the Idempotency-Key must be 1 to 255 visible ASCII characters, e.g. a UUID');
