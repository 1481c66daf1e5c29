import type { JobView, TimelineView } from '../api';
import type { DeliverySummary } from '../deliveries';
import type { ParkedSummary } from '../intake';
import { stateOf } from './delivery-report';
import { utc, utcAndAge } from './format/times';
import { fields, text, time, type Fields } from './format/view-fields';
import type { Output } from './output';
import { parkedTable } from './parked-report';

/** Everything that is known of a job. */
export interface JobReport {
  readonly job: JobView;
  readonly events: TimelineView['events'];
  readonly runs: TimelineView['worker_runs'];
  readonly deliveries: readonly DeliverySummary[];
  readonly parked: readonly ParkedSummary[];
}

const TIMES = ['created', 'queued', 'received', 'started', 'finished', 'canceled', 'restarted', 'updated'] as const;

/** Prints it for people: where the job stands, where it ran, and what happened in which order. */
export function describeJob(out: Output, { job, events, runs, deliveries, parked }: JobReport): void {
  const [build, stage, repository] = [fields(job['build']), fields(job['stage']), fields(job['repository'])];
  out.line(`Job ${job.id}${job['number'] == null ? '' : ` (${text(job['number'])})`} is ${job.state ?? 'in no state'}`);
  out.fields([
    ['repository', text(repository?.['slug'])],
    ['build', build && `${text(build['id'])} (#${text(build['number'])}), ${text(build['state'])}`],
    ['stage', stage && `${text(stage['number'])} ${text(stage['name'])}, ${text(stage['state'])}`],
    ['queue', text(job['queue'])],
    ['vm size', text(job['vm_size'])],
    ['may fail', job['allow_failure'] === true ? 'yes' : null],
    ['run', text(job['run'])],
    ['instance', text(job['instance_id'])],
    ...TIMES.map((name) => [name, utcAndAge(time(job[`${name}_at`]), out.now)] as const),
  ]);
  if (runs.length > 0) {
    out.line();
    out.table(
      ['run', 'worker run', 'instance', 'count', 'received', 'first seen'],
      runs.map((run) => [
        text(run['run']),
        run.uuid,
        text(run['instance_id']),
        text(run['last_count']),
        utc(time(run['received_at'])),
        utc(time(run['seen_at'])),
      ]),
    );
  }
  if (events.length + deliveries.length > 0) {
    out.line();
    out.table(['at', 'what', 'became', 'how'], happenings(events, deliveries));
  }
  if (parked.length > 0) {
    out.line();
    out.line('Parked messages');
    parkedTable(out, parked, true);
  }
  if (build) out.note(`Notices of its build: deliveries list --build ${text(build['id'])}`);
}

/** Events and deliveries in the order of their times; of one moment, events first: they cause deliveries. */
function happenings(events: JobReport['events'], deliveries: JobReport['deliveries']): string[][] {
  const rows = [
    ...events.map((event) => ({
      at: time(event['at']) ?? '',
      cells: [event.event, text(event['state']), causeOf(event)],
    })),
    ...deliveries.toReversed().map((delivery) => ({
      at: delivery.createdAt.toISOString(),
      cells: [`delivery ${delivery.id}`, stateOf(delivery), wordsOf(delivery)],
    })),
  ];
  return rows.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ at, cells }) => [utc(at), ...cells]);
}

function causeOf(event: Fields): string {
  const cause = fields(event['cause']);
  const [command, reason, build] = [text(cause?.['command']), text(cause?.['reason']), text(event['build_state'])];
  return [command && `by ${command}`, reason && `(${reason})`, build && `build ${build}`].filter(Boolean).join(' ');
}

/** Side effects name their channel in their target already. */
function wordsOf({ channel, target, lastReason }: DeliverySummary): string {
  const where = target.startsWith(channel) ? target : `${channel} to ${target}`;
  return lastReason === null ? where : `${where}: ${lastReason}`;
}
