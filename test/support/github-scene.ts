import { inspect } from 'node:util';
import { sampleDeps, sampleDirectory, type SampleDeps } from '../contract/sample-deps';
import { sampleNotice, type Sample } from '../contract/sample-notice';
import type {
  Channel,
  ChannelDirectory,
  ChannelFactory,
  ChannelVariables,
  DeliveryOutcome,
  Notice,
} from '../../src/notifications/channel';
import { fallbacksOf } from '../../src/config';
import { APP, GithubService } from './github-service';

export const REPOSITORY = 549_743;
export const SLUG = 'svenfuchs/minimal';
export const SHA = '62aae5f70ceee39123ef';
export const INSTALLATION = 12_345;

/** What a test changes about the build that is told of. */
export interface Told extends Sample {
  readonly eventType?: 'push' | 'pull_request';
  readonly restartedAt?: string;
  readonly repository?: Partial<Notice['facts']['repository']>;
}

/** One of the channels, GitHub, and everything that the channel kept or logged. */
export class GithubScene {
  private readonly outcomes: DeliveryOutcome[] = [];

  private constructor(
    readonly github: GithubService,
    private readonly channel: Channel,
    private readonly sample: SampleDeps<unknown>,
  ) {}

  /**
   * @param directory what the database knows, other than that the app is installed for the repository
   * @param settings what is configured, besides where GitHub is and which app Hub is there
   */
  static async open(
    module: { readonly default: ChannelFactory<never, never>; readonly variables: ChannelVariables },
    directory: Partial<ChannelDirectory> = {},
    settings: Readonly<Record<string, unknown>> = {},
    github = new GithubService(),
  ): Promise<GithubScene> {
    await github.up();
    github.repository(REPOSITORY, SLUG, SHA, 'head1');
    const app = { apiUrl: github.url, appId: String(APP.id), privateKey: APP.privateKey };
    const values: unknown = { ...fallbacksOf(module.variables), ...app, ...settings };
    const sample = sampleDeps<unknown>(values, { directory: sampleDirectory(directory) });
    const make = module.default as unknown as ChannelFactory;
    try {
      return new GithubScene(github, make(sample.deps), sample);
    } catch (error) {
      await Promise.all([sample.close(), github.close()]);
      throw error;
    }
  }

  /** Lets the channel tell of a build; what it does not want to tell comes back as `silent`. */
  async tell(told: Told = {}, signal = new AbortController().signal): Promise<DeliveryOutcome | { silent: string }> {
    const notice = noticeOf(told);
    const [decision] = await this.channel.targets(notice);
    if (!decision) throw new Error('the channel says neither whom it tells nor why nobody');
    if ('silent' in decision) return { silent: decision.silent };
    const outcome = await this.channel.deliver(notice, decision.target, { deliveryId: 1, attempt: 1, signal });
    this.outcomes.push(outcome);
    return outcome;
  }

  async orderKey(told: Told): Promise<string | undefined> {
    const [decision] = await this.channel.targets(noticeOf(told));
    return decision && 'orderKey' in decision ? decision.orderKey : undefined;
  }

  /** @throws when GitHub was sent anything wrong, or a secret stands in what was kept or logged */
  async close(): Promise<void> {
    await this.channel.close?.();
    await this.sample.close();
    await this.github.close();
    this.github.expectNoMistakes();
    const kept = inspect([this.outcomes, this.sample.logged], { depth: 9, maxStringLength: null });
    const seen = [...this.github.secrets, 'PRIVATE KEY'].filter((secret) => kept.includes(secret));
    if (seen.length > 0) throw new Error(`a secret was kept or logged: ${kept}`);
  }
}

function noticeOf({ eventType, restartedAt, repository, ...sample }: Told): Notice {
  const { event, facts } = sampleNotice(sample);
  const pull = eventType === 'pull_request' ? { pull_request_number: 5, pull_request_title: 'Mend it' } : {};
  const times = restartedAt === undefined ? {} : { restarted_at: restartedAt };
  const build = { ...event.snapshot.build, ...times };
  return {
    event: { ...event, snapshot: { ...event.snapshot, build } },
    facts: {
      ...facts,
      build: { ...facts.build, event_type: eventType ?? 'push', ...pull },
      repository: { ...facts.repository, ...repository },
    },
  };
}
