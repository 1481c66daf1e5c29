import { Option, type Command } from 'commander';
import type { ParkedFilter, ParkedSummary } from '../intake';
import { parseId, parseIds, parseLimit } from './arguments';
import { canAsk, confirm } from './confirm';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import { plainBody, plainRecord } from './format/json';
import type { Hub } from './hub';
import type { Output } from './output';
import { replayMany } from './parked-replays';
import { aboutOf, describeParked, parkedTable } from './parked-report';
import { addCommand, run } from './run';

interface ListOptions {
  readonly reason?: string;
  readonly job?: number;
  readonly build?: number;
  readonly all?: boolean;
  readonly after?: number;
  readonly limit: number;
}

interface ReplayOptions {
  readonly reason?: string;
  readonly job?: number;
  readonly build?: number;
  readonly all?: boolean;
}

/** `hub parked …`: messages that could not be applied as they are. */
export function addParkedCommands(program: Command): void {
  const parked = program.command('parked').description('messages that could not be applied as they are');
  addCommand(parked, 'list', 'what waits, oldest first')
    .option('--reason <reason>', 'only this reason, e.g. failed')
    .addOption(new Option('--job <id>', 'only messages about this job').argParser(parseId).conflicts('build'))
    .addOption(new Option('--build <id>', 'only messages about this build').argParser(parseId))
    .option('--all', 'also those that were applied after all')
    .option('--after <id>', 'only ids above this one: the next page', parseId)
    .option('--limit <n>', 'at most so many', parseLimit, 100)
    .action((options: ListOptions, command: Command) => run(command, (hub, out) => list(hub, out, options)));
  addCommand(parked, 'show', 'everything about one message, its body too')
    .argument('<id>', 'as in the list', parseId)
    .action((id: number, _options, command: Command) => run(command, (hub, out) => show(hub, out, id)));
  addCommand(parked, 'replay', 'send messages through the intake again, in the order in which they came')
    .argument('[id...]', 'as in the list', parseIds)
    .option('--reason <reason>', 'all that wait with this reason')
    .addOption(new Option('--job <id>', 'all that wait for this job').argParser(parseId).conflicts('build'))
    .addOption(new Option('--build <id>', 'all that wait for this build').argParser(parseId))
    .option('--all', 'all that can be applied once their cause is mended: failed, unknown_job, unknown_build')
    .action((ids: readonly number[], options: ReplayOptions, command: Command) => {
      const sets = [options.reason, options.job, options.build, options.all].filter((each) => each !== undefined);
      if (ids.length > 0 === sets.length > 0 || (options.all && sets.length > 1)) {
        command.error('error: name ids, or --all, or one or more of --reason, --job and --build');
      }
      return run(command, (hub, out) =>
        replayMany(hub, out, ids.length > 0 ? ids : { ...filterOf(options), all: options.all }),
      );
    });
  addCommand(parked, 'discard', 'throw messages away for good')
    .argument('<id...>', 'as in the list', parseIds)
    .option('--yes', 'do not ask')
    .action((ids: readonly number[], { yes }: { yes?: boolean }, command: Command) => {
      if (!yes && !canAsk()) command.error('error: nobody can be asked here: say --yes to throw them away for good');
      return run(command, (hub, out) => discard(hub, out, ids, yes === true));
    });
}

function filterOf({ reason, job, build }: ReplayOptions): ParkedFilter {
  return { ...(reason !== undefined && { reason }), ...about('job', job), ...about('build', build) };
}

function about(subject: 'job' | 'build', id: number | undefined): Pick<ParkedFilter, 'about'> {
  return id === undefined ? {} : { about: { subject, id } };
}

async function list(hub: Hub, out: Output, options: ListOptions): Promise<ExitCode> {
  const { limit, after = 0, all = false } = options;
  const rows = await hub.parked.list({ ...filterOf(options), replayed: all, after, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  if (out.json) out.document(shown.map(plainRecord));
  else if (shown.length > 0) parkedTable(out, shown, all);
  else out.note('Nothing is parked that fits.');
  if (rows.length > limit) out.note(`There are more: --after ${shown.at(-1)?.id}`);
  return DONE;
}

async function show(hub: Hub, out: Output, id: number): Promise<ExitCode> {
  const message = await hub.parked.show(id);
  if (!message) {
    out.note(`There is no parked message ${id}. What there is: parked list --all`);
    return FAILED;
  }
  const { body, ...rest } = message;
  if (out.json) out.document({ ...plainRecord(rest), ...plainBody(body) });
  else describeParked(out, message);
  return DONE;
}

async function discard(hub: Hub, out: Output, ids: readonly number[], sure: boolean): Promise<ExitCode> {
  const found: ParkedSummary[] = [];
  for (const id of ids) {
    const message = await hub.parked.show(id);
    if (message) found.push(message);
  }
  if (found.length > 0 && !sure) {
    for (const message of found)
      out.note(`${message.id}  ${message.type ?? 'no type'}  ${message.reason}  ${aboutOf(message)}`);
    if (!(await confirm(`Throw ${found.length === 1 ? 'it' : `these ${found.length}`} away for good?`))) {
      out.note('Nothing was thrown away.');
      return FAILED;
    }
  }
  const discarded: number[] = [];
  for (const { id } of found) if (await hub.parked.discard(id)) discarded.push(id);
  const missing = ids.filter((id) => !discarded.includes(id));
  if (out.json) out.document(ids.map((id) => ({ id, discarded: discarded.includes(id) })));
  else if (discarded.length > 0) out.line(`Thrown away: ${discarded.join(', ')}.`);
  if (missing.length > 0) out.note(`There is no parked message ${missing.join(', ')}.`);
  return missing.length === 0 ? DONE : FAILED;
}
