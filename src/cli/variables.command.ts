import type { Command } from 'commander';
import { namesInUse, readChannelPackages, VARIABLES, type OptionalVariable, type RequiredVariable } from '../config';
import { safeLines } from './format/safe-text';
import { Output } from './output';

type AnyVariable = RequiredVariable<unknown> | OptionalVariable<unknown>;

/** What is told of a variable; never its value, which may be a secret. */
interface Report {
  readonly name: string;
  /** Other names that are read, too. */
  readonly aliases: readonly string[];
  /** The channel that declares it; null for Hub's own. */
  readonly channel: string | null;
  readonly required: boolean;
  readonly default: unknown;
  readonly help: string;
  readonly example: string;
  /** The name under which it is set; null when it is not. */
  readonly set: string | null;
}

/**
 * `hub variables`: every environment variable that Hub reads, from the declarations themselves. So those of a channel
 * need to be written nowhere else, and those of channels from packages are there, too. Needs no database.
 */
export function addVariablesCommand(program: Command): void {
  program
    .command('variables')
    .description('every environment variable that Hub reads, those of its channels included, and which are set')
    .option('--json', 'write one JSON document instead of text for people')
    .action(async (options: { readonly json?: boolean }) => {
      // Channels load what they tell people with: help and other commands can do without.
      const { channelVariables } = await import('../notifications/index.js');
      tell(new Output(options.json === true), reportsOn(channelVariables(readChannelPackages())));
    });
}

/** Hub's own first, then those of each channel by the channels' names; what two channels share once. */
function reportsOn(ofChannels: Readonly<Record<string, Readonly<Record<string, AnyVariable>>>>): Report[] {
  const found = new Map<string, Report>();
  const add = (channel: string | null, variables: Readonly<Record<string, AnyVariable>>) => {
    for (const variable of Object.values(variables)) {
      if (!found.has(variable.name)) found.set(variable.name, reportOn(variable, channel));
    }
  };
  add(null, VARIABLES);
  for (const [channel, variables] of Object.entries(ofChannels)) add(channel, variables);
  return [...found.values()];
}

function reportOn(variable: AnyVariable, channel: string | null): Report {
  const { name, aliases = [], help, example } = variable;
  return {
    name,
    aliases,
    channel,
    required: 'required' in variable,
    default: 'fallback' in variable ? variable.fallback : null,
    help,
    example,
    set: namesInUse(variable)[0] ?? null,
  };
}

function tell(out: Output, reports: readonly Report[]): void {
  if (out.json) {
    out.document(reports);
    return;
  }
  for (const report of reports) {
    out.line(`${report.name}  ${summaryOf(report)}`);
    for (const line of safeLines(report.help)) out.line(`  ${line}`);
    out.line(`  Example: ${report.name}=${report.example}`);
  }
}

function summaryOf({ name, aliases, channel, required, default: fallback, set }: Report): string {
  const parts = [
    required ? 'required' : `default ${isNothing(fallback) ? 'none' : textOf(fallback)}`,
    set === null ? 'not set' : set === name ? 'set' : `set as ${set}`,
    ...(channel === null ? [] : [`of channel ${channel}`]),
    ...(aliases.length === 0 ? [] : [`also ${aliases.join(', ')}`]),
  ];
  return `(${parts.join('; ')})`;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const isNothing = (value: unknown) => value === null || ['[]', '{}'].includes(JSON.stringify(value));
