import { randomInt } from 'node:crypto';
import { Option, type Command } from 'commander';
import { ConfigError, loadSimulateConfig } from '../config';
import { MODES, type Mode } from './domain/troubles';
import { SimulationError } from './failure';
import { hubAddress, wholeNumber, type SimulationOptions } from './options';
import { jsonReport, standingLine, textReport } from './report';
import { Simulation } from './simulation';

interface Flags {
  readonly workers: number;
  readonly jobs: number;
  readonly mode: Mode;
  readonly chaos?: true;
  readonly seed?: number;
  readonly patience: number;
  readonly hubUrl?: string;
  readonly json?: true;
}

const MOST_SEED = 2_147_483_647;
const TELL_EVERY_MS = 2_000;
/** As shells have it for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const HELP = `
Talks to a Hub from outside, as workers, a scheduler and people do: it creates builds over the API, queues their jobs,
reports as unmodified workers would, cancels and restarts, and in the end compares every job and build with what must
have become of it. It makes real builds, of the repositories simulated/project-0 to 11, so use a Hub made for trying.

With --chaos reports are swapped, delayed, repeated and lost, connections break, workers die and their jobs are run
again, as it happens with workers in the field. The same --seed plays the same.

Needs the environment of that Hub: HTTP_BASIC_AUTH, PORT (or --hub-url), for --mode amqp RABBITMQ_URL, and for
--mode http JWT_RSA_PRIVATE_KEY, which signs the workers' tokens as the Job Board does (without it: HTTP Basic).

The last line says how it went; the exit code is 0 only when every job and every build is right.`;

/** Adds `simulate` to the command line. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .summary('run a simulated fleet of workers against a running Hub and check every job')
    .description('Run a simulated fleet of workers against a running Hub and check every job.')
    .option('--workers <n>', 'workers in the fleet', wholeNumber(1, 1_000), 50)
    .option('--jobs <n>', 'jobs to run', wholeNumber(1, 100_000), 1_000)
    .addOption(new Option('--mode <mode>', 'how workers report').choices(MODES).default('amqp'))
    .option('--chaos', 'let go wrong what goes wrong with real workers')
    .option('--seed <n>', 'repeat what was played before (default: another one each time)', wholeNumber(0, MOST_SEED))
    .option('--patience <seconds>', 'give up when nothing has moved for so long', wholeNumber(1, 3_600), 30)
    .option('--hub-url <url>', 'where the Hub is (default: http://localhost:$PORT)', hubAddress)
    .option('--json', 'one JSON object instead of a table')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await simulate(flags);
    });
}

async function simulate(flags: Flags): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort(new Error('stopped'));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const options = optionsOf(flags);
    return await play(new Simulation(options, stop.signal), options, flags.json === true);
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('Stopped before the end: nothing was checked.\n');
      return INTERRUPTED;
    }
    if (!(error instanceof SimulationError) && !(error instanceof ConfigError)) throw error;
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function play(simulation: Simulation, options: SimulationOptions, json: boolean): Promise<number> {
  const { seed, workers, jobs, mode, chaos } = options;
  process.stderr.write(
    `${workers} workers, ${jobs} jobs, mode ${mode}${chaos ? ', chaos' : ''}, seed ${seed}, Hub at ${options.hubUrl}\n`,
  );
  const telling = setInterval(() => {
    process.stderr.write(`  ${standingLine(simulation.standing, jobs)}\n`);
  }, TELL_EVERY_MS);
  try {
    const result = await simulation.run();
    process.stdout.write(`${json ? jsonReport(options, result) : textReport(options, result)}\n`);
    return [result.jobs, result.builds].every(({ all, right }) => right === all) ? 0 : 1;
  } finally {
    clearInterval(telling);
  }
}

function optionsOf(flags: Flags): SimulationOptions {
  const { port, ...config } = loadSimulateConfig();
  const { workers, jobs, mode, chaos = false, patience, seed = randomInt(MOST_SEED) } = flags;
  const hubUrl = flags.hubUrl ?? `http://localhost:${port}`;
  return { workers, jobs, mode, chaos, seed, patienceSeconds: patience, hubUrl, ...config };
}

function messageOf(error: SimulationError | ConfigError): string {
  if (error instanceof SimulationError) return error.message;
  return ['The simulation cannot start:', ...error.problems.map((problem) => `  - ${problem}`)].join('\n');
}
