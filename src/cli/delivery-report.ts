import type { DeliveryAttempt, DeliverySummary, DeliveryWhole } from '../deliveries';
import { utc, utcAndAge } from './format/times';
import type { Output } from './output';

/** Deliveries as a table. */
export function deliveryTable(out: Output, rows: readonly DeliverySummary[]): void {
  out.table(
    ['id', 'created', 'channel', 'event', 'build', 'job', 'state', 'tries', 'next try', 'target', 'last reason'],
    rows.map((row) => [
      String(row.id),
      utc(row.createdAt),
      row.channel,
      row.event ?? '',
      String(row.buildId ?? ''),
      String(row.jobId ?? ''),
      stateOf(row),
      String(row.attempts),
      row.state === 'pending' && !row.inHand ? utc(row.nextAttemptAt) : '',
      row.target,
      row.lastReason ?? '',
    ]),
  );
}

/** A row that a replica is at is still pending in the database. */
export function stateOf({ state, inHand }: DeliverySummary): string {
  return inHand ? 'in hand' : state;
}

/** Everything about a delivery, and how each attempt went. */
export function describeDelivery(out: Output, delivery: DeliveryWhole): void {
  const waits = delivery.state === 'pending' && !delivery.inHand;
  out.line(`Delivery ${delivery.id} by ${delivery.channel} is ${stateOf(delivery)}`);
  out.fields([
    ['target', delivery.target],
    ['event', delivery.eventId === null ? null : `${delivery.event ?? 'no longer kept'} (${delivery.eventId})`],
    ['build', delivery.buildId],
    ['job', delivery.jobId],
    ['run', delivery.run],
    ['outlived', delivery.outlived ? 'the job was started over since' : null],
    ['created', utcAndAge(delivery.createdAt, out.now)],
    ['tries', delivery.attempts],
    ['next try', waits ? utcAndAge(delivery.nextAttemptAt, out.now) : null],
    ['finished', utcAndAge(delivery.finishedAt, out.now)],
    ['last reason', delivery.lastReason],
    ['order key', delivery.orderKey],
    ['destination', delivery.destination],
  ]);
  if (delivery.payload !== null) {
    out.line('Payload');
    out.block(JSON.stringify(delivery.payload, null, 2));
  }
  if (delivery.history.length > 0) {
    out.line('Attempts');
    out.table(['try', 'at', 'outcome', 'ms', 'status', 'reason', 'response'], delivery.history.map(attemptRow));
  }
}

function attemptRow({ attempt, at, outcome, ms, code, reason, response }: DeliveryAttempt): string[] {
  return [String(attempt), utc(at), outcome, String(ms), String(code ?? ''), reason ?? '', response ?? ''];
}
