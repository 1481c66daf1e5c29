import { runCommandLine } from './command-line';

// `npm run hub -- …`, in the image `node dist/src/cli/main.js …`.

// Whoever read us has seen enough (`| head`); what is being done is done all the same.
process.stdout.on('error', () => undefined);

void runCommandLine(process.argv);
