import { program } from 'commander';
import { addSimulateCommand } from './command';

/** Runs `simulate` alone. */
addSimulateCommand(program.name('hub'));
void program.parseAsync();
