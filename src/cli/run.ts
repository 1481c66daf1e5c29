import type { Command } from 'commander';
import { ConfigError, loadProgramConfig } from '../config';
import { FAILED, type ExitCode } from './exit-codes';
import { safeLines } from './format/safe-text';
import type { Hub } from './hub';
import { Output } from './output';

interface CommonOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** A command that works on Hub's database ({@link run}), with the options that all of those have. */
export function addCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option('--json', 'write one JSON document instead of text for people')
    .option('--debug', 'say on standard error what happens, and where an error comes from');
}

/**
 * Runs a command's work on Hub's database and leaves its exit code to the process. An error becomes one sentence on
 * standard error, with its stack only for whoever debugs.
 */
export async function run(command: Command, work: (hub: Hub, out: Output) => Promise<ExitCode>): Promise<void> {
  const options = command.opts<CommonOptions>();
  const out = new Output(options.json === true);
  const config = readConfig(out);
  if (!config) {
    process.exitCode = FAILED;
    return;
  }
  const debug = options.debug === true || ['debug', 'trace'].includes(config.log.level);
  // Loading it takes most of the time that a command needs; help and wrong arguments can do without.
  const { Hub: Hubs, explainFailure } = await import('./hub.js');
  let hub: Hub | null = null;
  try {
    hub = await Hubs.open(config, debug);
    if (hub.newer.length > 0)
      out.note(`A newer version of Hub has run here (${hub.newer.join(', ')}): use its commands.`);
    process.exitCode = await work(hub, out);
  } catch (error) {
    out.note(explainFailure(error));
    if (debug && error instanceof Error) for (const line of safeLines(error.stack ?? '')) out.note(line);
    process.exitCode = FAILED;
  } finally {
    await hub?.close();
  }
}

function readConfig(out: Output): ReturnType<typeof loadProgramConfig> | null {
  try {
    return loadProgramConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    out.note(`Settings are missing or wrong. ${error.problems.join(' ')}`);
    return null;
  }
}
