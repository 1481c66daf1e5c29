import type { Database } from './database';
import type { Finding } from './domain/evidence';
import { Random } from './domain/random';
import type { World } from './world';

interface Piece {
  readonly mark: string;
  /** How often the queue had been lost when it was sent. */
  readonly losses: number;
}

/** Messages that can never mean anything: each has to be kept for a person, and to disturb nobody. */
export class Garbage {
  private readonly pieces: Piece[] = [];

  constructor(
    private readonly seed: number,
    private readonly world: World,
  ) {}

  async send(index: number): Promise<void> {
    const random = new Random(this.seed, 5, index);
    const mark = `chaos-${index}`;
    const [type, body] = random.pick([
      ['job:test:finish', `${mark} is not JSON {`],
      ['job:test:finish', JSON.stringify({ id: 1_000_001, state: 'on fire', mark })],
      ['job:test:dance', JSON.stringify({ id: 1_000_001, mark })],
      ['job:test:start', JSON.stringify({ id: 'none', mark })],
      ['', JSON.stringify([mark])],
    ] as const);
    while ((await this.world.publisher.publish({ type, body })) !== 'heard') continue;
    this.pieces.push({ mark, losses: this.world.queueLosses });
  }

  /** What is wrong with what was kept. What the queue was lost with can be nowhere. */
  async check(database: Database): Promise<Finding[]> {
    const rows = await database.query<{ body: string; reason: string; replayed: boolean; subject_id: string | null }>(
      `SELECT encode(body, 'escape') AS body, reason, replayed_at IS NOT NULL AS replayed, subject_id FROM hub.parked_messages`,
    );
    const findings: Finding[] = [];
    const parked = rows.filter(({ reason }) => !reason.startsWith('unknown_job'));
    const marks = new Set(parked.flatMap(({ body }) => /chaos-\d+/.exec(body)?.[0] ?? []));
    for (const { mark, losses } of this.pieces) {
      if (marks.has(mark) || losses !== this.world.queueLosses) continue;
      findings.push({
        kind: 'lost',
        about: mark,
        buildId: null,
        text: `the message ${mark}, which means nothing, was not kept`,
      });
    }
    for (const { body, reason } of parked.filter(({ body }) => !/chaos-\d+/.test(body))) {
      findings.push({
        kind: 'lost',
        about: 'a message',
        buildId: null,
        text: `a good message was put aside (${reason}): ${body.slice(0, 300)}`,
      });
    }
    for (const { body, replayed } of rows.filter(({ reason }) => reason === 'unknown_job')) {
      if (!replayed)
        findings.push({
          kind: 'stuck',
          about: 'a message',
          buildId: null,
          text: `a message that came before its job was never applied: ${body.slice(0, 300)}`,
        });
    }
    return findings;
  }
}
