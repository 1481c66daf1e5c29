import type { Command } from 'commander';
import type { InstanceJobView } from '../api';
import { parseId, parseLimit } from './arguments';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import { plainRecord } from './format/json';
import { fields, text } from './format/view-fields';
import { utc } from './format/times';
import type { Hub } from './hub';
import { describeJob } from './job-report';
import type { Output } from './output';
import { addCommand, run } from './run';

/** More than anybody reads; what is older is in `deliveries list --job` and `parked list --job`. */
const MOST_BESIDE = 200;

/** `hub job …`: what happened to a job, or which jobs ran on an instance. */
export function addJobCommand(program: Command): void {
  addCommand(program, 'job', 'what happened to a job, or which jobs ran on an instance')
    .argument('[id]', 'of the job', parseId)
    .option('--instance <id>', 'the jobs that ran on this instance (meta.instance_id), latest first')
    .option('--limit <n>', 'with --instance: at most so many', parseLimit, 100)
    .action((id: number | undefined, options: { instance?: string; limit: number }, command: Command) => {
      const { instance, limit } = options;
      if (id !== undefined && instance === undefined) return run(command, (hub, out) => show(hub, out, id));
      if (id === undefined && instance !== undefined)
        return run(command, (hub, out) => ranOn(hub, out, instance, limit));
      return command.error('error: name the id of a job, or an instance with --instance');
    });
}

async function show(hub: Hub, out: Output, id: number): Promise<ExitCode> {
  const { readJob, readTimeline } = hub.views;
  const [job, timeline] = await hub.transactions.run((tx) => Promise.all([readJob(tx, id), readTimeline(tx, id)]));
  const parked = await hub.parked.list({ about: { subject: 'job', id }, replayed: true, limit: MOST_BESIDE });
  if (!job || !timeline) {
    const waits = parked.length > 0 ? ` ${parked.length} parked messages name it: parked list --all --job ${id}` : '';
    out.note(`There is no job ${id}.${waits}`);
    return FAILED;
  }
  const deliveries = await hub.deliveries.list({ jobId: id, limit: MOST_BESIDE });
  const report = { job, events: timeline.events, runs: timeline.worker_runs, deliveries, parked };
  if (out.json) {
    out.document({ ...report, deliveries: deliveries.map(plainRecord), parked: parked.map(plainRecord) });
  } else {
    describeJob(out, report);
  }
  return DONE;
}

async function ranOn(hub: Hub, out: Output, instance: string, limit: number): Promise<ExitCode> {
  const jobs = await hub.transactions.run((tx) => hub.views.readJobsOnInstance(tx, instance, limit));
  if (out.json) out.document(jobs);
  else if (jobs.length > 0) out.table(['job', 'number', 'state', 'build', 'repository', 'seen'], jobs.map(instanceRow));
  if (jobs.length > 0) return DONE;
  out.note(`No job is known to have run on instance ${instance}.`);
  return FAILED;
}

function instanceRow(job: InstanceJobView): string[] {
  const [build, repository] = [fields(job['build']), fields(job['repository'])];
  return [
    String(job.id),
    text(job['number']),
    text(job['state']),
    text(build?.['id']),
    text(repository?.['slug']),
    utc(job.seen_at),
  ];
}
