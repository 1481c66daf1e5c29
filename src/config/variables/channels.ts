import { CHANNEL_MODES } from '../config';
import * as kinds from '../kinds';
import { nullable, optional } from '../variable';

/** Who is told, and how. */
export const CHANNELS = {
  webUrl: nullable({
    name: 'HUB_WEB_URL',
    kind: kinds.webUrl,
    help: 'Where people look at builds; links in notices start with it. Without it they point to this machine.',
    example: 'https://ci.example.org',
  }),
  channels: optional(
    {
      name: 'HUB_CHANNELS',
      kind: kinds.channelModes,
      help: `What each channel does: ${CHANNEL_MODES.join(', ')}. A package that brings one is named like hub-channel-chat or @acme/hub-channel-chat. Those that are not named: webhook=deliver, others off; on an existing Travis database handover, which needs REDIS_URL.`,
      example: 'webhook=deliver,log=off',
    },
    [],
  ),
  webhookUrls: optional(
    {
      name: 'HUB_WEBHOOK_URLS',
      aliases: ['TRAVIS_HUB_WEBHOOK_GLOBAL_URLS'],
      kind: kinds.webUrls,
      help: 'Urls that are told about every build, separated by commas or semicolons.',
      example: 'https://dashboard.example.org/hooks/hub',
    },
    [],
  ),
  webhookSigningKey: nullable({
    name: 'HUB_WEBHOOK_SIGNING_KEY',
    kind: kinds.rsaPrivateKey,
    help: 'RSA private key of the Signature header: PEM, PEM with \\n for line breaks, or base64 of the PEM.',
    example: '-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----',
  }),
  webhookSecret: nullable({
    name: 'HUB_WEBHOOK_SECRET',
    kind: kinds.standardWebhooksSecret,
    help: 'Secret of the Standard Webhooks headers: whsec_ and base64 of 24 to 64 random bytes.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  }),
  webhookAllowedHosts: optional(
    {
      name: 'HUB_WEBHOOK_ALLOWED_HOSTS',
      kind: kinds.list,
      help: 'Internal hosts, addresses and CIDR ranges that urls given by users may reach all the same.',
      example: 'ci-tools.internal,10.20.0.0/16',
    },
    [],
  ),
  publicUrl: nullable({
    name: 'HUB_PUBLIC_URL',
    kind: kinds.webUrl,
    help: 'Where people reach Hub itself; the links by which they unsubscribe from mail start with it. Mail needs it.',
    example: 'https://hub.example.org',
  }),
  unsubscribeSecret: nullable({
    name: 'HUB_UNSUBSCRIBE_SECRET',
    kind: kinds.token.min(32, 'must have 32 characters or more'),
    help: 'Signs the links by which people unsubscribe: 32 random characters or more. Links of old mails die with it. Mail needs it.',
    example: 'at-least-32-long-random-characters',
  }),
} as const;
