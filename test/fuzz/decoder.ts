import fc from 'fast-check';
import { RejectedCommand } from '../../src/contracts/command';
import { readMessage } from '../../src/intake';
import { decodeJob } from '../../src/intake/sidekiq/decode-job';
import { bytes, type } from './hostile';

/** What was seen while inputs were thrown at a part of Hub. */
export interface FuzzResult {
  readonly inputs: number;
  /** How many ended in which way. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Resident memory after a tenth of the inputs and at the end, in MB. */
  readonly rssMb: { readonly early: number; readonly late: number };
}

/** What PostgreSQL cannot store in a text. */
const UNSTORABLE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Throws messages at the two decoders, as RabbitMQ and Redis may bring them.
 *
 * @throws Error with the seed and the smallest input, when a decoder throws anything but a rejection with a reason, when a
 *   command holds what the database cannot store, or when a name on the prototype was taken for something that was sent
 */
export function fuzzDecoder(inputs: number, seed: number): FuzzResult {
  const outcomes: Record<string, number> = {};
  const count = (outcome: string) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1);
  let seen = 0;
  let early = 0;
  const property = fc.property(type, bytes, (messageType, body) => {
    if (++seen === Math.ceil(inputs / 10)) early = rssMb();
    count(decode(() => readMessage(messageType, body).command));
    const job = decodeJob(body);
    if (job.rejected) checkReason(job.rejected);
    else count(`job ${decode(() => readMessage(job.message.type, job.message.body).command)}`);
  });
  fc.assert(property, { numRuns: inputs, seed, endOnFailure: true });
  if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error('Object.prototype was changed');
  return { inputs: seen, outcomes, rssMb: { early, late: rssMb() } };
}

function decode(read: () => object): string {
  try {
    const command = read();
    const text = JSON.stringify(command);
    if (
      UNSTORABLE.test(
        text.replaceAll(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16))),
      )
    ) {
      throw new Error(`a command holds what the database cannot store: ${text.slice(0, 200)}`);
    }
    return 'accepted';
  } catch (error) {
    if (!(error instanceof RejectedCommand)) throw error;
    checkReason(error);
    return error.reason;
  }
}

/** A person has to understand what is wrong, in a line that fits on a screen. */
function checkReason({ message }: RejectedCommand): void {
  if (!/^[A-Z][^\n]{10,400}[.)]$/.test(message)) throw new Error(`not a reason for people: ${JSON.stringify(message)}`);
}

export const rssMb = (): number => Math.round(process.memoryUsage().rss / 1_048_576);
