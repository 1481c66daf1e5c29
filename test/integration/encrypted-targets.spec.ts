import { generateKeyPairSync } from 'node:crypto';
import { HandoverScene } from '../support/handover-scene';
import { SlackService } from '../support/slack-service';
import { TeamsService } from '../support/teams-service';
import { secure } from '../support/travis-build';
import { WebhookSink } from '../support/webhook-sink';

const { publicKey: FOREIGN_KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('targets that people encrypted with the key of their repository', () => {
  const slack = new SlackService(['hooks/hunter2-slack']);
  const teams = new TeamsService('/workflows/hunter2-teams');
  let sink: WebhookSink;
  let scene: HandoverScene;

  beforeAll(async () => {
    [sink] = await Promise.all([WebhookSink.start(), slack.up(), teams.up()]);
    scene = await HandoverScene.open({
      HUB_CHANNELS: 'webhook=deliver,slack=deliver,msteams=deliver',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    });
  });
  afterAll(async () => {
    await scene.close();
    await Promise.all([sink.close(), slack.close(), teams.close()]);
    slack.expectNoMistakes();
    teams.expectNoMistakes();
  });

  it('are told, with the options beside them, and stand nowhere in the database', async () => {
    const build = await scene.insert({
      config: {
        notifications: {
          webhooks: [secure(`${sink.url}?token=hunter2`), secure(`${sink.url}?fork`, FOREIGN_KEY)],
          slack: { ...secure(`${slack.origin}/hooks/hunter2-slack#builds`), template: 'It %{result}.' },
          msteams: { urls: [secure(teams.url)], on_failure: 'never' },
        },
      },
    });
    await scene.play(build);

    expect(sink.received).toHaveLength(1);
    expect(slack.posted).toMatchObject([{ message: { channel: '#builds', attachments: [{ text: 'It passed.' }] } }]);
    expect(teams.posted).toHaveLength(1);
    const deliveries = await scene.hub.rows<{ row: string }>(
      `SELECT d::text AS row FROM hub.deliveries d WHERE channel IN ('webhook', 'slack', 'msteams')`,
    );
    expect(deliveries).toHaveLength(3);
    expect(JSON.stringify(deliveries)).not.toContain('hunter2');
  });
});
