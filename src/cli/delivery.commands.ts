import { Option, type Command } from 'commander';
import type { DeliveryFilter, DeliverySummary, RetryAnswer } from '../deliveries';
import { parseId, parseIds, parseLimit } from './arguments';
import { deliveryTable, describeDelivery } from './delivery-report';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import { plainRecord } from './format/json';
import type { Hub } from './hub';
import type { Output } from './output';
import { addCommand, run } from './run';

/** Written here again, because loading src/deliveries takes longer than to say that a state does not exist. */
const STATES: readonly DeliverySummary['state'][] = ['pending', 'failed', 'dropped', 'delivered', 'recorded'];

interface Selection {
  readonly channel?: string;
  readonly job?: number;
  readonly build?: number;
  readonly event?: number;
}

interface ListOptions extends Selection {
  readonly state?: DeliverySummary['state'];
  readonly before?: number;
  readonly limit: number;
}

interface RetryOptions extends Selection {
  readonly failed?: boolean;
}

/** `hub deliveries …`: everything that leaves Hub, and what became of it. */
export function addDeliveryCommands(program: Command): void {
  const deliveries = program.command('deliveries').description('notices and side effects, and what became of them');
  selection(addCommand(deliveries, 'list', 'deliveries, latest first'))
    .addOption(new Option('--state <state>', 'only this state').choices(STATES))
    .option('--before <id>', 'only ids below this one: the next page', parseId)
    .option('--limit <n>', 'at most so many', parseLimit, 50)
    .action((options: ListOptions, command: Command) => run(command, (hub, out) => list(hub, out, options)));
  addCommand(deliveries, 'show', 'everything about one delivery, each attempt too')
    .argument('<id>', 'as in the list', parseId)
    .action((id: number, _options, command: Command) => run(command, (hub, out) => show(hub, out, id)));
  selection(addCommand(deliveries, 'retry', 'have deliveries made again, now, under the same id'))
    .argument('[id...]', 'as in the list', parseIds)
    .option('--failed', 'all that failed; narrow it down with --channel, --job, --build or --event')
    .action((ids: readonly number[], options: RetryOptions, command: Command) => {
      const narrowed = Object.keys(filterOf(options)).length > 0;
      if (ids.length > 0 === (options.failed === true) || (ids.length > 0 && narrowed)) {
        command.error('error: name ids, or --failed and what narrows it down');
      }
      return run(command, (hub, out) => retry(hub, out, ids, options));
    });
}

function selection(command: Command): Command {
  return command
    .option('--channel <name>', 'only this channel, e.g. webhook')
    .option('--job <id>', 'only side effects on this job and notices of its events', parseId)
    .option('--build <id>', 'only notices of this build, its jobs included', parseId)
    .option('--event <id>', 'only notices of this event', parseId);
}

function filterOf({ channel, job, build, event }: Selection): DeliveryFilter {
  return {
    ...(channel !== undefined && { channel }),
    ...(job !== undefined && { jobId: job }),
    ...(build !== undefined && { buildId: build }),
    ...(event !== undefined && { eventId: event }),
  };
}

async function list(hub: Hub, out: Output, options: ListOptions): Promise<ExitCode> {
  const { state, before, limit } = options;
  const paging = { ...(state !== undefined && { state }), ...(before !== undefined && { before }), limit: limit + 1 };
  const rows = await hub.deliveries.list({ ...filterOf(options), ...paging });
  const shown = rows.slice(0, limit);
  if (out.json) out.document(shown.map(plainRecord));
  else if (shown.length > 0) deliveryTable(out, shown);
  else out.note('There is no delivery that fits.');
  if (rows.length > limit) out.note(`There are more: --before ${shown.at(-1)?.id}`);
  return DONE;
}

async function show(hub: Hub, out: Output, id: number): Promise<ExitCode> {
  const delivery = await hub.deliveries.show(id);
  if (!delivery) {
    out.note(`There is no delivery ${id}. What there is: deliveries list`);
    return FAILED;
  }
  if (out.json) out.document(plainRecord(delivery));
  else describeDelivery(out, delivery);
  return DONE;
}

const WORDS: Readonly<Record<RetryAnswer['result'], string>> = {
  due: 'is tried again now',
  unknown: 'does not exist',
  delivered: 'was delivered: there is nothing to try again',
  recorded: 'is only on record: nobody carries it out',
  in_hand: 'is being tried at this moment',
  outlived: 'belongs to an earlier run of its job, which was started over since: it is not made any more',
  superseded: 'is out of date: a newer delivery counts instead, and would be undone by it',
  not_planned: 'cannot be made: its channel failed to say whom to tell (see its last reason)',
};

async function retry(hub: Hub, out: Output, ids: readonly number[], options: RetryOptions): Promise<ExitCode> {
  const answers =
    ids.length > 0 ? await hub.deliveries.retry(ids) : await hub.deliveries.retryFailed(filterOf(options));
  const left = answers.filter(({ result }) => result !== 'due');
  const due = answers.length - left.length;
  if (out.json) out.document(answers);
  else if (due > 0) out.line(`${due} ${due === 1 ? 'delivery is' : 'deliveries are'} tried again now.`);
  else if (answers.length === 0) out.note('No delivery failed that fits.');
  for (const { id, result } of left) out.note(`Delivery ${id} ${WORDS[result]}.`);
  return left.length === 0 ? DONE : FAILED;
}
