import type { ParkedSummary, ParkedWhole } from '../intake';
import { textOf } from './format/json';
import { utc, utcAndAge } from './format/times';
import type { Output } from './output';

/** @param replayed some of them may have been applied after all */
export function parkedTable(out: Output, rows: readonly ParkedSummary[], replayed: boolean): void {
  out.table(
    ['id', 'parked', 'type', 'reason', 'about', 'tries', ...(replayed ? ['applied'] : []), 'detail'],
    rows.map((row) => [
      String(row.id),
      utc(row.parkedAt),
      row.type ?? '',
      row.reason,
      aboutOf(row),
      String(row.attempts),
      ...(replayed ? [utc(row.replayedAt)] : []),
      row.detail,
    ]),
  );
}

/** `job 42`, or nothing when the message names neither job nor build. */
export function aboutOf({ subject, subjectId }: ParkedSummary): string {
  return subject === null || subjectId === null ? '' : `${subject} ${subjectId}`;
}

/** Everything about a message; its body comes last, so that nothing in it can pass for something else. */
export function describeParked(out: Output, message: ParkedWhole): void {
  const { id, reason, body, properties, replayedAt } = message;
  out.line(`Message ${id} ${replayedAt ? 'was applied after all' : 'is parked'}: ${reason}`);
  out.fields([
    ['detail', message.detail],
    ['type', message.type],
    ['about', aboutOf(message)],
    ['came by', message.source],
    ['parked', utcAndAge(message.parkedAt, out.now)],
    ['tries', message.attempts],
    ['applied', utcAndAge(replayedAt, out.now)],
  ]);
  out.line('Properties');
  out.block(JSON.stringify(properties, null, 2));
  const text = textOf(body);
  out.line(`Body, ${body.length} bytes${text === null ? ', not UTF-8, here in base64' : ''}`);
  out.block(text ?? body.toString('base64'));
}
