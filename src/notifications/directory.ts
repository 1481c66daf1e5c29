import type { Statements } from '../database';
import type { RedisClient } from '../redis';
import type { Notice, NoticeFacts } from './notice';
import { readAudience } from './handover/facts/audience';
import { readBuildDetails, type BuildDetails } from './handover/facts/build-details';
import { isFeatureOn } from './handover/facts/feature-flags';
import { readGithubAccess, readGithubTokens, type GithubAccess } from './handover/facts/github-access';
import {
  readBroadcasts,
  readDefaultRecipients,
  withoutUnsubscribed,
  type Broadcast,
} from './handover/facts/mail-readers';

/** What the database knows about people, for channels: read when it is asked, never cached. */
export class Directory {
  /**
   * @param encryptionKey ENCRYPTION_KEY; null when no token can be read
   * @param redis the Redis of a Travis installation, which holds its switches; null when there is none
   */
  constructor(
    private readonly statements: Statements,
    private readonly encryptionKey: string | null,
    private readonly redis: RedisClient | null,
  ) {}

  /** Who is mailed when a config names nobody: author and committer, as far as they may see the repository. */
  defaultRecipients(facts: NoticeFacts): Promise<readonly string[]> {
    return readDefaultRecipients(this.statements, facts);
  }

  /** The addresses without those of people who unsubscribed from the repository or want no mail about builds. */
  withoutUnsubscribed(repositoryId: number, emails: readonly string[]): Promise<readonly string[]> {
    return withoutUnsubscribed(this.statements, repositoryId, emails);
  }

  /** Announcements of the last two weeks that this repository's people should read, newest first. */
  broadcasts(facts: NoticeFacts): Promise<readonly Broadcast[]> {
    return readBroadcasts(this.statements, facts);
  }

  /** Ids of the users who may see a repository. */
  audience(repositoryId: number): Promise<readonly number[]> {
    return readAudience(this.statements, repositoryId);
  }

  /** Whether the GitHub app is installed for the repository's owner, and manages the repository. */
  githubAccess(facts: NoticeFacts): Promise<GithubAccess> {
    return readGithubAccess(this.statements, facts);
  }

  /** OAuth tokens by login, best first; null for one that cannot be read. Secret. */
  githubTokens(facts: NoticeFacts): Promise<Readonly<Record<string, string | null>>> {
    return readGithubTokens(this.statements, facts, this.encryptionKey);
  }

  /** What live updates hold of a build besides the notice; undefined when the build is gone. */
  buildDetails(notice: Notice): Promise<BuildDetails | undefined> {
    return readBuildDetails(this.statements, notice);
  }

  /** Whether a switch of a Travis installation is on for the repository; never without a Redis. */
  async isFeatureOn(feature: string, facts: NoticeFacts): Promise<boolean> {
    return this.redis !== null && (await isFeatureOn(this.redis, feature, facts));
  }
}
