import { parseArgs } from 'node:util';
import { fuzzDecoder } from './decoder';

const USAGE = `Usage: npm run fuzz -- [--inputs N] [--seed N]

  --inputs  how many messages are thrown at the decoders; 1000000 unless told
  --seed    repeats what another run did`;

/** Growth of the resident memory after the first tenth that is still noise, in MB. */
const MOST_GROWTH_MB = 64;

function main(): number {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  if (values.help || !Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  print(`seed ${seed}`);
  const begun = performance.now();
  const { outcomes, rssMb } = fuzzDecoder(inputs, seed);
  for (const [outcome, times] of Object.entries(outcomes).sort()) print(`${outcome.padEnd(24)}${times}`);
  print(
    `${Math.round((performance.now() - begun) / 1_000)} s, memory ${rssMb.early} MB after a tenth, ${rssMb.late} MB at the end`,
  );
  const flat = rssMb.late - rssMb.early <= MOST_GROWTH_MB;
  if (!flat) print(`The memory has grown by more than ${MOST_GROWTH_MB} MB.`);
  print(`${inputs} inputs, 0 crashes`);
  return flat ? 0 : 1;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

process.exitCode = main();
