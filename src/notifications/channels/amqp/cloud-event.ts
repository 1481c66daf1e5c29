import { publicConfig, type Notice, type NoticeFacts } from '../../channel';

/** Says what `data` holds: docs/event.schema.json. Another one when subscribers would have to change. */
export const DATA_SCHEMA = 'urn:hub:schema:event:1';

/** What the exchange carries: CloudEvents 1.0 (https://cloudevents.io), with our data. */
export interface HubCloudEvent {
  readonly specversion: '1.0';
  /** The event's number: the same however often it is sent. */
  readonly id: string;
  /** The installation. */
  readonly source: string;
  /** `hub.build.finished` */
  readonly type: string;
  /** Behind the source it leads to the page about the build or job. */
  readonly subject: string;
  /** When it was decided. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: typeof DATA_SCHEMA;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * An event for programs: what changed, as it was decided, and what never changes about it.
 *
 * @param webUrl where people look at builds, without a slash at the end
 */
export function cloudEvent({ event, facts }: Notice, webUrl: string): HubCloudEvent {
  const page = event.job_id === null ? `builds/${event.build_id}` : `jobs/${event.job_id}`;
  return {
    specversion: '1.0',
    id: String(event.id),
    source: `${webUrl}/`,
    type: `hub.${routingKey(event)}`,
    subject: `${facts.repository.slug}/${page}`,
    time: event.at,
    datacontenttype: 'application/json',
    dataschema: DATA_SCHEMA,
    data: { event: event.name, seq: event.seq, cause: event.snapshot.cause, ...about({ event, facts }) },
  };
}

/** `build.finished`: the words by which subscribers choose. */
export function routingKey({ name }: Notice['event']): string {
  return name.replace(':', '.');
}

function about({ event, facts }: Notice): Record<string, unknown> {
  const { build, job, stage, jobs, stages, repository } = event.snapshot;
  const common = { repository: { ...facts.repository, ...repository }, commit: facts.commit };
  if (job) {
    const config = shownConfig(facts.jobs.get(job.id)?.config ?? {});
    return { ...common, build: { ...build, ...buildFacts(facts) }, job: { ...job, config }, stage: stage ?? null };
  }
  const config = shownConfig(facts.build.config);
  return {
    ...common,
    build: { ...build, ...buildFacts(facts), config },
    jobs: jobs ?? [],
    stages: stages ?? [],
  };
}

function buildFacts({ build, tag }: NoticeFacts): Record<string, unknown> {
  const { event_type, branch, pull_request_number, pull_request_title } = build;
  return { event_type, branch, pull_request_number, pull_request_title, tag: tag?.name ?? null };
}

/** Without the section that says whom to tell: it is nothing to strangers, and holds the keys to other people's chats. */
function shownConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { notifications: _whomToTell, ...shown } = publicConfig(config);
  return shown;
}
