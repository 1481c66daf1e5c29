import type { Command } from 'commander';
import type { BuildTimelineView } from '../api';
import { parseId } from './arguments';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import { utc } from './format/times';
import { fields, text, time } from './format/view-fields';
import type { Hub } from './hub';
import type { Output } from './output';
import { addCommand, run } from './run';

/** `hub build …`: what happened to a build, who was told of it, and who was not and why. */
export function addBuildCommand(program: Command): void {
  addCommand(program, 'build', 'what happened to a build, who was told of it, and who was not and why')
    .argument('<id>', 'of the build', parseId)
    .action((id: number, _options: object, command: Command) => run(command, (hub, out) => show(hub, out, id)));
}

async function show(hub: Hub, out: Output, id: number): Promise<ExitCode> {
  const timeline = await hub.transactions.run((tx) => hub.views.readBuildTimeline(tx, id));
  if (!timeline) {
    out.note(`There is no build ${id}.`);
    return FAILED;
  }
  if (out.json) {
    out.document(timeline);
    return DONE;
  }
  out.line(`Build ${id} is ${timeline.state ?? 'in no state'}`);
  if (timeline.events.length > 0) {
    out.table(['at', 'event', 'channel', 'target', 'became', 'how'], timeline.events.flatMap(rowsOf));
  }
  return DONE;
}

/** The event, then whom each channel told, then the entries of the config that heard nothing. */
function rowsOf(event: BuildTimelineView['events'][number]): string[][] {
  const cause = fields(event['cause']);
  const reason = text(cause?.['reason']);
  const how = `by ${text(cause?.['command'])}${reason && ` (${reason})`}`;
  const waits = event['planned_at'] === null ? '; nobody has been told yet' : '';
  return [
    [utc(time(event['at'])), event.event, '', '', text(event['state']), how + waits],
    ...event.told.map((told) => [
      utc(time(told['created_at'])),
      '',
      told.channel,
      text(told['target']),
      text(told['state']),
      text(told['reason']),
    ]),
    ...event.silent.map(({ channel, element, reason: why }) => [
      '',
      '',
      channel,
      element < 0 ? '' : `entry ${element + 1}`,
      'not told',
      why,
    ]),
  ];
}
