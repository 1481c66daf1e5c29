import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Said } from './domain/job-model';
import type { Random } from './domain/random';
import type { Act, Reported, Scene, Story } from './domain/story';
import type { Message, Published } from './publisher';
import type { World } from './world';

/** What a worker does between two reports, in milliseconds. */
const PAUSE_MS = { from: 10, to: 400 } as const;
const AGAIN_MS = 150;

/** Plays the story of one job, and remembers what was really said. */
export class Worker {
  /** What was said, scene by scene: for the model. */
  readonly said: Said[][] = [];
  private readonly uuids = new Map<number, string>();
  private readonly times: Record<string, string> = {};

  constructor(
    readonly jobId: number,
    readonly story: Story,
    private readonly world: World,
    private readonly random: Random,
  ) {}

  /** Plays scenes until one that waits for the end of the build, or to the end. @returns the scene to go on with */
  async play(from = 0): Promise<number> {
    for (let i = from; i < this.story.scenes.length; i++) {
      const scene = this.story.scenes[i];
      if (!scene) break;
      if (scene.afterBuild && i !== from) return i;
      await this.playScene(scene);
    }
    return this.story.scenes.length;
  }

  private async playScene(scene: Scene): Promise<void> {
    await delay(this.random.between(PAUSE_MS.from, PAUSE_MS.to));
    const said: Said[] = [];
    this.said.push(said);
    const acts = scene.acts.map((act) => ({ act, messages: this.messagesOf(act) }));
    let { queueLosses } = this.world;
    // Waits from now on: what cannot even be said, because the broker is away, is late as well.
    const seen = scene.until && !isRestart(scene) ? this.world.watcher.until(this.jobId, scene.until) : null;
    await Promise.all(acts.map(({ act, messages }) => this.say(act, messages, said, scene)));
    if (seen === null) return;
    let over = false;
    void seen.then(() => (over = true));
    while (!over) {
      await Promise.race([seen, this.world.queueLost(queueLosses)]);
      if (over) return;
      ({ queueLosses } = this.world);
      // The queue was deleted, with whatever was in it: workers are asked to say again what nobody has seen.
      for (const { act, messages } of acts) {
        if (act.kind === 'report' || act.wish === 'cancel') await this.insist(messages.slice(0, 1));
      }
    }
  }

  private async say(act: Act, messages: readonly Message[], said: Said[], scene: Scene): Promise<void> {
    if (act.kind === 'wish' && act.wish === 'restart') {
      await this.wishOnce(act, messages[0], said, scene);
    } else if (act.kind === 'report' && act.careless) {
      const published = await this.publish(messages[0]);
      // Even what the broker has may be lost with the queue.
      if (published !== 'not') said.push({ act, sure: false });
    } else {
      said.push({ act, sure: true });
      await this.insist(messages);
    }
  }

  /** Says it until the broker has it: a repeat changes nothing. */
  private async insist(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      while ((await this.publish(message)) !== 'heard') await delay(AGAIN_MS);
    }
  }

  /** A second restart would be another one: whoever does not know whether the first was heard looks before. */
  private async wishOnce(act: Act, message: Message | undefined, said: Said[], scene: Scene): Promise<void> {
    const done = await this.world.unrepeatable();
    try {
      for (;;) {
        const published = await this.publish(message);
        if (published !== 'not') said.push({ act, sure: published === 'heard' });
        if (published === 'heard') break;
        if (published === 'perhaps' && (await this.seenWithin(this.world.heardWithinMs, scene.until ?? []))) break;
        await delay(AGAIN_MS);
      }
      if (scene.until) await this.world.watcher.until(this.jobId, scene.until);
    } finally {
      done();
    }
    // At least one of them was heard, or the job would not have been seen.
    said.splice(-1, 1, { act, sure: true });
  }

  private async seenWithin(quietMs: number, states: readonly string[]): Promise<boolean> {
    const seen = this.world.watcher.until(this.jobId, states, true).then(() => true);
    return Promise.race([seen, this.world.quietFor(quietMs).then(() => false)]);
  }

  private async publish(message: Message | undefined): Promise<Published> {
    if (!message) throw new Error('an act has a message');
    return this.world.publisher.publish(message);
  }

  private messagesOf(act: Act): Message[] {
    if (act.kind === 'wish') {
      return [{ type: `job:${act.wish}`, body: JSON.stringify({ id: String(this.jobId), user_id: 1, source: 'api' }) }];
    }
    const message = this.messageOf(act);
    return Array.from({ length: act.copies }, () => message);
  }

  /** As a worker writes it, by its own clock. */
  private messageOf({ report, run, count }: Reported): Message {
    const uuid = this.uuids.get(run) ?? randomUUID();
    this.uuids.set(run, uuid);
    const finish = !['receive', 'start', 'reset'].includes(report);
    const time = { receive: 'received_at', start: 'started_at' }[report as string] ?? 'finished_at';
    this.times[`${run} ${time}`] ??= this.now(run);
    const times = Object.fromEntries(
      ['received_at', 'started_at', 'finished_at'].flatMap((name) => {
        const at = this.times[`${run} ${name}`];
        return at === undefined || report === 'reset' ? [] : [[name, at]];
      }),
    );
    const state = finish ? report : { receive: 'received', start: 'started', reset: 'reset' }[report as 'start'];
    const body = { id: this.jobId, meta: { state_update_count: count, uuid }, state, ...times };
    return { type: `job:test:${finish ? 'finish' : report}`, body: JSON.stringify(body) };
  }

  private now(run: number): string {
    return new Date(Date.now() + (this.story.skewsMs[run - 1] ?? 0)).toISOString().replace(/\.\d+/, '');
  }
}

/** Whoever wishes for a restart waits in a way of their own. */
function isRestart({ acts }: Scene): boolean {
  return acts.some((act) => act.kind === 'wish' && act.wish === 'restart');
}
