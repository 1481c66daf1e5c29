import { CommanderError } from 'commander';
import { DONE, FAILED, MISUSED } from './exit-codes';
import { createProgram } from './program';

/** Runs what the arguments say and leaves the exit code to the process; what went wrong is told in one sentence. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? codeOf(error) : FAILED;
    // Commander has said what is wrong with the arguments; everything else stands here in one sentence.
    if (!(error instanceof CommanderError)) process.stderr.write(`${wordsOf(error)}\n`);
  }
}

/** Asking for help is no mistake; to be shown help because something is missing is one. */
function codeOf({ exitCode }: CommanderError): number {
  return exitCode === 0 ? DONE : MISUSED;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
