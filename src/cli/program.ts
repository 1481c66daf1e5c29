import { Command } from 'commander';
import { addSimulateCommand } from '../simulate';
import { addDoctorCommand } from './doctor.command';
import { addBuildCommand } from './build.command';
import { addDeliveryCommands } from './delivery.commands';
import { addJobCommand } from './job.command';
import { addParkedCommands } from './parked.commands';
import { addVariablesCommand } from './variables.command';

/** All commands. A folder that has one of its own exposes it as `add…Command(program)`, which is called here. */
export function createProgram(): Command {
  const program = new Command('hub')
    .description(
      'Looks at what a running Hub has parked, delivered and recorded, has it tried again, and mends what is wrong.',
    )
    .showHelpAfterError('(--help says how it is used)')
    .addHelpText('after', HELP)
    .exitOverride();
  addParkedCommands(program);
  addDeliveryCommands(program);
  addBuildCommand(program);
  addJobCommand(program);
  addDoctorCommand(program);
  addSimulateCommand(program);
  addVariablesCommand(program);
  return program;
}

const HELP = `
Settings come from the environment, as those of Hub: give it the same, above all DATABASE_URL.
Exit codes: 0 done, 1 failed or not found, 2 used wrongly.`;
