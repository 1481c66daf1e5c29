import { CommanderError } from 'commander';
import { createProgram } from './program';
import { DONE, FAILED, MISUSED } from './exit-codes';

/** `npm run hub -- …`, in the image `node dist/src/cli/main.js …`. */
async function main(): Promise<void> {
  // Whoever read us has seen enough (`| head`); what is being done is done all the same.
  process.stdout.on('error', () => undefined);
  try {
    await createProgram().parseAsync(process.argv);
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

void main();
