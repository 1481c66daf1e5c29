import { setTimeout as wait } from 'node:timers/promises';
import type { ParkedFilter, ParkedSummary, Replay } from '../intake';
import { DONE, FAILED, type ExitCode } from './exit-codes';
import { utc } from './format/times';
import type { Hub } from './hub';
import type { Output } from './output';
import { aboutOf } from './parked-report';

/** Which of those that wait to replay: all that fit, or, of all, those that can be applied once their cause is mended. */
export interface ReplaySet extends ParkedFilter {
  readonly all?: boolean | undefined;
}

/** What became of one message. */
interface Answer {
  readonly id: number;
  readonly result: 'applied' | 'still_parked' | 'skipped' | 'not_tried' | 'not_found' | 'applied_before' | 'in_hand';
  /** What applying it did: `changed`, or `ignored` or `refused` with a reason. */
  readonly outcome?: string;
  readonly reason?: string;
  readonly detail?: string;
}

/** The others say themselves that they can never be applied: they have to be sent again, mended. */
const WORTH_ANOTHER_TRY: readonly string[] = ['failed', 'unknown_job', 'unknown_build'];
const PAGE = 100;
/** How long to wait for a database or a row before a message is left as it is, since the last one that was tried. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 500;

/**
 * Replays messages one after another in the order in which they came, and reports on each.
 *
 * When one stays parked, later ones about the same job or build are skipped: they would overtake it.
 */
export async function replayMany(hub: Hub, out: Output, which: readonly number[] | ReplaySet): Promise<ExitCode> {
  const replays = new Replays(hub);
  const answers: Answer[] = [];
  try {
    for await (const { id, message } of inOrder(hub, which)) {
      const answer = message ? await replays.replay(message) : ({ id, result: 'not_found' } as const);
      answers.push(answer);
      if (!out.json) out.line(sentence(answer, message));
    }
  } finally {
    // Also when it breaks off: what was done was done.
    if (out.json) out.document(answers);
  }
  const left = answers.filter(({ result }) => result !== 'applied').length;
  if (!out.json && answers.length > 1) out.line(`${answers.length - left} applied, ${left} not.`);
  if (!out.json && answers.length === 0) out.note('Nothing is parked that fits.');
  return left === 0 ? DONE : FAILED;
}

interface Found {
  readonly id: number;
  readonly message: ParkedSummary | undefined;
}

async function* inOrder(hub: Hub, which: readonly number[] | ReplaySet): AsyncGenerator<Found> {
  if (!('length' in which)) {
    yield* waiting(hub, which);
    return;
  }
  for (const id of which.toSorted((a, b) => a - b)) yield { id, message: await hub.parked.show(id) };
}

async function* waiting(hub: Hub, { all, ...filter }: ReplaySet): AsyncGenerator<Found> {
  for (let after = 0; ;) {
    const page = await hub.parked.list({ ...filter, after, limit: PAGE });
    for (const message of page) {
      if (!all || WORTH_ANOTHER_TRY.includes(message.reason)) yield { id: message.id, message };
    }
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? after;
  }
}

class Replays {
  private readonly stuck = new Set<string>();
  private lastTried = performance.now();

  constructor(private readonly hub: Hub) {}

  async replay(message: ParkedSummary): Promise<Answer> {
    const { id, replayedAt } = message;
    if (replayedAt) return { id, result: 'applied_before', detail: `at ${utc(replayedAt)}` };
    const about = aboutOf(message);
    if (this.stuck.has(about))
      return { id, result: 'skipped', detail: `an earlier message about ${about} was not applied` };
    const answer = answerOf(id, await this.patiently(id));
    if (answer.result !== 'applied' && about !== '') this.stuck.add(about);
    return answer;
  }

  /** Null when the database did not let it be tried: the message stays as it is. */
  private async patiently(id: number): Promise<Replay | null> {
    for (;;) {
      try {
        const replay = await this.hub.replay.replay(id);
        this.lastTried = performance.now();
        return replay;
      } catch (error) {
        if (!this.hub.mayPass(error)) throw error;
        if (performance.now() - this.lastTried > PATIENCE_MS) return null;
        await wait(RETRY_MS);
      }
    }
  }
}

function answerOf(id: number, replay: Replay | null): Answer {
  switch (replay?.kind) {
    case undefined:
      return {
        id,
        result: 'not_tried',
        detail: 'the database is away or busy, or somebody holds the row of its build',
      };
    case 'applied': {
      const { outcome } = replay;
      return { id, result: 'applied', outcome: outcome.kind, ...('reason' in outcome && { reason: outcome.reason }) };
    }
    case 'parked':
      return { id, result: 'still_parked', reason: replay.reason, detail: replay.detail };
    case 'unavailable':
      return { id, result: 'in_hand', detail: 'somebody else is replaying it now' };
  }
}

function sentence({ id, result, outcome, reason, detail }: Answer, message: ParkedSummary | undefined): string {
  if (!message) return `${id}: there is no such parked message`;
  const name = `${id} (${[message.type ?? 'no type', aboutOf(message)].filter(Boolean).join(', ')})`;
  if (result === 'applied') return `${name}: applied, ${outcome}${reason === undefined ? '' : ` (${reason})`}`;
  return `${name}: ${result.replaceAll('_', ' ')}: ${[reason, detail].filter(Boolean).join(', ')}`;
}
