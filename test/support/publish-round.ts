import type { ConfirmChannel } from 'amqplib';
import { messageOf, type BuildStory } from './fleet-story';
import type { BuildRows } from './rows';

/** A build in the database and the story that its jobs live through. */
export interface StoryBuild {
  readonly story: BuildStory;
  readonly rows: BuildRows;
}

/**
 * Publishes what all jobs have to say in a round, as workers and the API do, and waits until the broker has it.
 *
 * @returns how many messages that were
 */
export async function publishRound(
  channel: ConfirmChannel,
  queue: string,
  builds: readonly StoryBuild[],
  round: number,
): Promise<number> {
  let published = 0;
  for (const { story, rows } of builds) {
    for (const [i, job] of story.jobs.entries()) {
      const message = messageOf(job, rows.jobIds[i] ?? 0, round);
      if (!message) continue;
      const timestamp = Math.floor(Date.now() / 1000);
      const properties = { type: message.type, contentType: 'application/json', persistent: true, timestamp };
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(message.body)), properties);
      published += 1;
    }
  }
  await channel.waitForConfirms();
  return published;
}
