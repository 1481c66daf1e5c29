import { timestampText } from '../database/time';
import type { Writes } from '../database/writes';
import type { UnitOfWork } from './unit-of-work';

/** Collects the writes of what Hub remembers about messages and jobs besides their state. */
export function saveMemories(writes: Writes, uow: UnitOfWork): void {
  rememberMessages(writes, uow);
  saveResets(writes, uow);
  saveInstances(writes, uow);
}

function rememberMessages(writes: Writes, uow: UnitOfWork): void {
  if (uow.rememberedMessages.size === 0) return;
  writes.add(
    `INSERT INTO hub.applied_messages (fingerprint) SELECT * FROM unnest($1::varchar[])
     ON CONFLICT (fingerprint) DO UPDATE SET applied_at = excluded.applied_at`,
    [[...uow.rememberedMessages]],
  );
}

function saveResets(writes: Writes, { countedResets }: UnitOfWork): void {
  if (countedResets.size === 0) return;
  const counts = [...countedResets.values()];
  writes.add(
    `INSERT INTO hub.job_resets (job_id, resets, first_at, last_at)
     SELECT * FROM unnest($1::bigint[], $2::integer[], $3::timestamp[], $4::timestamp[])
     ON CONFLICT (job_id) DO UPDATE
        SET resets = excluded.resets, first_at = excluded.first_at, last_at = excluded.last_at`,
    [
      [...countedResets.keys()],
      counts.map((c) => c.resets),
      counts.map((c) => timestampText(c.firstAt)),
      counts.map((c) => timestampText(c.lastAt)),
    ],
  );
}

/** Start and finish of a job may be in one batch and name the same instance, hence DISTINCT. */
function saveInstances(writes: Writes, { instances }: UnitOfWork): void {
  if (instances.length === 0) return;
  writes.add(
    `INSERT INTO hub.job_instances (instance_id, job_id) SELECT DISTINCT * FROM unnest($1::varchar[], $2::bigint[])
     ON CONFLICT (instance_id, job_id) DO UPDATE SET seen_at = excluded.seen_at`,
    [instances.map((i) => i.instanceId), instances.map((i) => i.jobId)],
  );
}
