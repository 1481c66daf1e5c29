import { resultMessage, type JobSnapshot, type Notice } from '../../channel';
import { durationInWords, lines, oneLine } from './plain-text';

/** Why somebody gets a mail, said at its end. */
export type Recipient = 'author' | 'named';

/** An announcement of those who run the installation. */
export interface Broadcast {
  readonly message: string | null;
  readonly category: string | null;
}

/** What decides the colour and the sign of a mail. */
export type Tone = 'passed' | 'failed' | 'errored' | 'canceled';

export interface JobLine {
  /** E.g. `2.1`. */
  readonly number: string;
  /** Name and stage, as far as there are. */
  readonly name: string;
  readonly state: string;
  readonly allowedToFail: boolean;
  readonly url: string;
}

/** All that a mail says, in words that are fit to be shown; text and HTML only arrange it. */
export interface MailContent {
  readonly tone: Tone;
  /** E.g. `Still Failing`. */
  readonly result: string;
  /** E.g. `Build #2 is still failing.` */
  readonly headline: string;
  readonly slug: string;
  readonly branch: string;
  readonly cron: boolean;
  readonly number: string;
  readonly buildUrl: string;
  readonly duration: string;
  readonly commit: {
    readonly sha: string;
    /** Where its changes can be seen. */
    readonly url: string | null;
    readonly author: string;
    readonly message: readonly string[];
  };
  /** The jobs that did not pass, those that count first. */
  readonly jobs: readonly JobLine[];
  /** How many more there are of them. */
  readonly moreJobs: number;
  readonly broadcasts: readonly { readonly lines: readonly string[]; readonly announcement: boolean }[];
  readonly recipient: Recipient;
  readonly unsubscribeUrl: string;
}

/** What a mail is made of besides the notice. */
export interface MailOccasion {
  /** Where people look at builds, without a slash at the end. */
  readonly webUrl: string;
  readonly broadcasts: readonly Broadcast[];
  readonly recipient: Recipient;
  readonly unsubscribeUrl: string;
}

const MOST_JOBS = 20;
const MOST_BROADCASTS = 3;
const MESSAGE_LINES = 30;
const MESSAGE_WIDTH = 500;

/** Says what happened to a build, from the event as it was decided and from what never changes. Pure. */
export function mailContent({ event, facts }: Notice, occasion: MailOccasion): MailContent {
  const { build } = event.snapshot;
  const { short, predicate } = resultMessage(build.state, build.previous_state);
  const number = oneLine(build.number, 20) || '?';
  const site = siteOf(facts.repository, occasion.webUrl);
  const jobs = unsuccessful(event.snapshot.jobs ?? []);
  const { commit } = facts;
  return {
    tone: toneOf(build.state),
    result: short,
    headline: `Build #${number} ${predicate}`,
    slug: oneLine(facts.repository.slug),
    branch: oneLine(commit?.branch ?? facts.build.branch),
    cron: facts.build.event_type === 'cron',
    number,
    buildUrl: `${site}/builds/${build.id}`,
    duration: durationInWords(build.started_at, build.finished_at ?? build.canceled_at),
    commit: {
      sha: oneLine(commit?.sha, 40).slice(0, 7),
      url: webLink(commit?.compare_url ?? null),
      author: oneLine(commit?.author_name),
      message: lines(commit?.message, MESSAGE_LINES, MESSAGE_WIDTH),
    },
    jobs: jobs.slice(0, MOST_JOBS).map((job) => jobLine(job, site, { event, facts })),
    moreJobs: Math.max(0, jobs.length - MOST_JOBS),
    broadcasts: occasion.broadcasts
      .map(({ message, category }) => ({
        lines: lines(message, MESSAGE_LINES, MESSAGE_WIDTH),
        announcement: category === 'announcement',
      }))
      .filter((broadcast) => broadcast.lines.length > 0)
      .slice(0, MOST_BROADCASTS),
    recipient: occasion.recipient,
    unsubscribeUrl: occasion.unsubscribeUrl,
  };
}

function toneOf(state: string): Tone {
  return state === 'passed' || state === 'failed' || state === 'canceled' ? state : 'errored';
}

/** Canceled jobs are left out: they say no more than that the build was canceled, or that a stage failed before. */
function unsuccessful(jobs: readonly JobSnapshot[]): JobSnapshot[] {
  const failed = jobs.filter(({ state }) => state === 'failed' || state === 'errored');
  return [...failed.filter((job) => !job.allow_failure), ...failed.filter((job) => job.allow_failure)];
}

function jobLine(job: JobSnapshot, site: string, { event, facts }: Notice): JobLine {
  const stage = event.snapshot.stages?.find(({ id }) => id === job.stage_id)?.name ?? null;
  const { name } = facts.jobs.get(job.id)?.config ?? {};
  const parts = [typeof name === 'string' ? oneLine(name, 100) : '', oneLine(stage, 100)];
  return {
    number: oneLine(job.number, 20) || '?',
    name: parts.filter((part) => part !== '').join(' · '),
    state: job.state,
    allowedToFail: job.allow_failure,
    url: `${site}/jobs/${job.id}`,
  };
}

/** `https://ci.example.org/github/svenfuchs/minimal`: the kind of service that holds the repository, then its name there. */
function siteOf({ vcs_type, vcs_slug, slug }: Notice['facts']['repository'], webUrl: string): string {
  const service = (vcs_type ?? '').replace(/Repository$/, '').toLowerCase() || 'github';
  const path = [service, ...(vcs_slug ?? slug).split('/')].map((part) => encodeURIComponent(part.toWellFormed()));
  return `${webUrl}/${path.join('/')}`;
}

/** Only links that open a page: a commit's come from outside. */
function webLink(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}
