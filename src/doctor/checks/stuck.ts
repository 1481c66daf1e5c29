import { timestampText } from '../../database';
import { NOW, type Check } from './common';

/** More than a replica takes for it however busy it is; an outage of the database stops the doctor, too. */
const LATE = `interval '5 minutes'`;

/** What should have gone on by itself: messages, events, deliveries, runs. */
export const STUCK_CHECKS: readonly Check[] = [
  {
    name: 'job-stale',
    sql: `SELECT own.build_id, j.id AS job_id, j.state, j.updated_at
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build'
           WHERE j.state IN ('queued', 'received', 'started') AND $3::double precision > 0
             AND j.updated_at <= ${NOW} - $3::double precision * interval '1 millisecond' - ${LATE}
           ORDER BY j.updated_at, j.id LIMIT $1`,
    parameters: ({ staleAfterMs }) => [staleAfterMs],
    explain: ({ build_id, job_id, state, updated_at }) =>
      `Job ${job_id} of build ${build_id} has been ${String(state)} without a word since ${since(updated_at)}.`,
    mend: ({ job_id, updated_at }) => ({
      kind: 'command',
      command: {
        subject: 'job',
        name: 'finish',
        id: Number(job_id),
        data: { state: 'errored' },
        reason: `Job Errored: it is stale, nothing was heard of it since ${since(updated_at)}`,
        untouchedSince: updated_at as Date,
      },
    }),
  },
  {
    name: 'event-unplanned',
    sql: `SELECT e.build_id, e.job_id, e.id AS event_id, e.name, e.at
            FROM own JOIN hub.events e ON e.build_id = own.build_id
           WHERE e.planned_at IS NULL AND e.at < ${NOW} - ${LATE} ORDER BY e.id LIMIT $1`,
    explain: ({ build_id, event_id, name, at }) =>
      `Event ${String(event_id)} (${String(name)} of build ${build_id}, ${since(at)}) waits to be planned: no Hub runs, or its planner fails; see its log.`,
    mend: () => null,
  },
  {
    name: 'delivery-overdue',
    sql: `SELECT e.build_id, d.job_id, d.id AS delivery_id, d.channel, d.next_attempt_at
            FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id
           WHERE d.state = 'pending' AND d.next_attempt_at < ${NOW} - ${LATE}
             AND (d.leased_until IS NULL OR d.leased_until < ${NOW})
           ORDER BY d.id LIMIT $1`,
    explain: ({ delivery_id, channel, next_attempt_at }) =>
      `Delivery ${String(delivery_id)} (${String(channel)}) has been due since ${since(next_attempt_at)}: no Hub that runs delivers for this channel. Switch it on, or leave it.`,
    mend: () => null,
  },
  {
    name: 'delivery-lease',
    sql: `SELECT e.build_id, d.job_id, d.id AS delivery_id, d.channel, d.leased_until
            FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id
           WHERE d.state = 'pending' AND d.leased_until > ${NOW} + interval '1 hour' ORDER BY d.id LIMIT $1`,
    explain: ({ delivery_id, channel, leased_until }) =>
      `Delivery ${String(delivery_id)} (${String(channel)}) is taken until ${since(leased_until)}, far longer than anybody ever takes one: a clock was wrong.`,
    mend: ({ delivery_id }) => ({
      kind: 'statement',
      sql: `UPDATE hub.deliveries SET leased_until = NULL
             WHERE id = $1 AND state = 'pending' AND leased_until > ${NOW} + interval '1 hour'`,
      parameters: [delivery_id],
    }),
  },
  {
    name: 'delivery-far-off',
    sql: `SELECT e.build_id, d.job_id, d.id AS delivery_id, d.channel, d.next_attempt_at
            FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id
           WHERE d.state = 'pending' AND d.next_attempt_at > ${NOW} + interval '25 hours' ORDER BY d.id LIMIT $1`,
    explain: ({ delivery_id, channel, next_attempt_at }) =>
      `Delivery ${String(delivery_id)} (${String(channel)}) is to be tried again only at ${since(next_attempt_at)}, later than any target may ask for: a clock was wrong.`,
    mend: ({ delivery_id }) => ({
      kind: 'statement',
      sql: `UPDATE hub.deliveries SET next_attempt_at = ${NOW}
             WHERE id = $1 AND state = 'pending' AND next_attempt_at > ${NOW} + interval '25 hours'`,
      parameters: [delivery_id],
    }),
  },
  {
    name: 'parked-applicable',
    sql: `SELECT own.build_id, p.id AS parked_id, p.type, CASE p.subject WHEN 'job' THEN p.subject_id END AS job_id
            FROM hub.parked_messages p
            LEFT JOIN jobs j ON p.subject = 'job' AND j.id = p.subject_id AND j.source_type = 'Build'
            JOIN own ON own.build_id = CASE p.subject WHEN 'job' THEN j.source_id ELSE p.subject_id END
           WHERE p.replayed_at IS NULL AND p.reason IN ('unknown_job', 'unknown_build')
             AND p.parked_at < ${NOW} - ${LATE} AND EXISTS (SELECT 1 FROM builds b WHERE b.id = own.build_id)
           ORDER BY p.id LIMIT $1`,
    explain: ({ parked_id, type, build_id }) =>
      `Parked message ${String(parked_id)} (${String(type)}) waits for something of build ${build_id} that is there by now.`,
    mend: ({ parked_id }) => ({ kind: 'replay', parkedId: Number(parked_id) }),
  },
];

function since(time: unknown): string {
  return time instanceof Date ? `${timestampText(time) ?? ''} UTC` : 'an unknown time';
}
