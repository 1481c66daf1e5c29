import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudEvent } from 'cloudevents';
import { parse } from 'yaml';
import { sampleNotice } from '../../../../test/contract/sample-notice';
import { mismatches, type Described, type JsonSchema } from '../../../../test/support/json-schema';
import { EVENT_NAMES, type Notice } from '../../channel';
import { cloudEvent, routingKey } from './cloud-event';

const ASYNCAPI = parse(readFileSync(join(__dirname, '../../../../docs/asyncapi.yaml'), 'utf8')) as Described & {
  readonly components: { readonly messages: Readonly<Record<string, { readonly payload: JsonSchema }>> };
};
const WEB = 'https://ci.example.org';

/** As a subscriber gets it. */
const sent = (notice: Notice): ReturnType<typeof cloudEvent> =>
  JSON.parse(JSON.stringify(cloudEvent(notice, WEB))) as ReturnType<typeof cloudEvent>;

describe('cloudEvent', () => {
  it.each(EVENT_NAMES)('makes of %s what the document describes, and a CloudEvent', (event) => {
    const message = sent(sampleNotice({ event }));
    const { payload } = ASYNCAPI.components.messages[event.startsWith('job') ? 'Job' : 'Build']!;
    expect(mismatches(ASYNCAPI, payload, message)).toEqual([]);
    // The official library throws for what is none.
    expect(new CloudEvent({ ...message }, true).toJSON()).toMatchObject({
      id: '100',
      type: `hub.${event.replace(':', '.')}`,
    });
  });

  it('says what happened to whom, and when', () => {
    expect(sent(sampleNotice({ event: 'build:finished' }))).toMatchObject({
      source: 'https://ci.example.org/',
      subject: 'svenfuchs/minimal/builds/1',
      time: '2014-04-03T10:22:05.123Z',
      data: {
        event: 'build:finished',
        seq: 3,
        cause: { command: 'job:finish' },
        repository: { slug: 'svenfuchs/minimal', private: false },
        commit: { sha: '62aae5f70ceee39123ef' },
        build: { state: 'passed', previous_state: 'passed', event_type: 'push', branch: 'master', tag: null },
        jobs: [{ number: '2.1' }, { number: '2.2' }],
      },
    });
    expect(sent(sampleNotice({ event: 'job:started' }))).toMatchObject({
      subject: 'svenfuchs/minimal/jobs/11',
      data: { build: { id: 1 }, job: { id: 11, state: 'started', config: { rvm: '1.8.7' } }, stage: null },
    });
  });

  it('is the same whenever it is made', () => {
    expect(sent(sampleNotice())).toEqual(sent(sampleNotice()));
  });

  it('gives away neither keys, nor variables that were encrypted, nor whom the build tells', () => {
    const notifications = { slack: 'team:the-slack-token#ci', webhooks: { secure: 'Zm9v' } };
    for (const event of EVENT_NAMES) {
      const text = JSON.stringify(sent(sampleNotice({ event, config: { notifications } })));
      for (const hidden of ['PRIVATE', 'eA==', 'the-slack-token', 'notifications']) expect(text).not.toContain(hidden);
    }
    expect(sent(sampleNotice())).toMatchObject({ data: { build: { config: { env: ['TOKEN=[secure] A=b'] } } } });
  });

  it('tells of a build of which little is known', () => {
    const { event, facts } = sampleNotice({ event: 'job:created' });
    const message = sent({ event, facts: { ...facts, commit: null, tag: null, jobs: new Map() } });
    expect(message).toMatchObject({ data: { commit: null, job: { config: {} } } });
    expect(mismatches(ASYNCAPI, ASYNCAPI.components.messages['Job']!.payload, message)).toEqual([]);
  });
});

describe('routingKey', () => {
  it('has two words: of what, and what happened', () => {
    const keys = EVENT_NAMES.map((name) => routingKey({ ...sampleNotice().event, name }));
    expect(keys).toEqual(expect.arrayContaining(['build.finished', 'job.started']));
    expect(keys.filter((key) => !/^(build|job)\.[a-z]+$/.test(key))).toEqual([]);
  });
});
