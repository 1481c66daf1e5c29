import { LOG_FORMATS, LOG_LEVELS } from '../config';
import * as kinds from '../kinds';
import { nullable, optional, required } from '../variable';

/** What the process itself shows and answers: HTTP, tokens, logs, its end. */
export const SERVING = {
  port: optional(
    {
      name: 'PORT',
      kind: kinds.wholeNumber(0, 65_535),
      help: 'Where HTTP listens: API, probes and metrics. 0 takes any free port.',
      example: '3000',
    },
    3_000,
  ),
  basicAuth: required({
    name: 'HTTP_BASIC_AUTH',
    aliases: ['TRAVIS_HTTP_BASIC_AUTH'],
    kind: kinds.credentials,
    help: 'Who may use the API: user:password pairs, separated by commas. Passwords hold no comma.',
    example: 'hub:a-long-random-password',
  }),
  jwtPublicKey: nullable({
    name: 'JWT_RSA_PUBLIC_KEY',
    aliases: ['TRAVIS_JWT_RSA_PUBLIC_KEY'],
    kind: kinds.rsaPublicKey,
    help: 'RSA public key of the tokens that workers and builds come with: PEM, PEM with \\n for line breaks, or base64 of the PEM.',
    example: '-----BEGIN PUBLIC KEY-----\\nMIIB...\\n-----END PUBLIC KEY-----',
  }),
  jwtPrivateKey: nullable({
    name: 'JWT_RSA_PRIVATE_KEY',
    aliases: ['TRAVIS_JWT_RSA_PRIVATE_KEY'],
    kind: kinds.rsaPrivateKey,
    help: 'RSA private key of the tokens that Hub gives to builds, written like the public one. Its public half is used when JWT_RSA_PUBLIC_KEY is not set.',
    example: '-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----',
  }),
  bodyLimit: optional(
    {
      name: 'HUB_HTTP_BODY_LIMIT',
      kind: kinds.wholeNumber(1_024, 100_000_000, 'bytes'),
      help: 'Largest body of a request, in bytes.',
      example: '5000000',
    },
    5_000_000,
  ),
  trustProxy: optional(
    {
      name: 'HUB_TRUST_PROXY',
      kind: kinds.wholeNumber(0, 10, 'proxies'),
      help: 'How many proxies stand before Hub: so many last entries of X-Forwarded-For are believed when wrong passwords are counted by address.',
      example: '1',
    },
    0,
  ),
  metricsAuth: optional(
    {
      name: 'HUB_METRICS_AUTH',
      kind: kinds.oneOf(['open', 'basic']),
      help: 'Whether /metrics asks for the credentials of HTTP_BASIC_AUTH: open or basic. It names no repository or job.',
      example: 'open',
    },
    'open',
  ),
  graceSeconds: optional(
    {
      name: 'HUB_GRACE_SECONDS',
      kind: kinds.wholeNumber(1, 600, 'seconds'),
      help: 'How long a stop waits for work in hand. Keep it well below what the platform grants (Kubernetes: 45 here).',
      example: '20',
    },
    20,
  ),
  logLevel: optional(
    {
      name: 'LOG_LEVEL',
      aliases: ['TRAVIS_LOG_LEVEL'],
      kind: kinds.oneOf(LOG_LEVELS),
      help: `How much is logged: ${LOG_LEVELS.join(', ')}. At debug every applied message has a line.`,
      example: 'info',
    },
    'info',
  ),
  logFormat: optional(
    {
      name: 'HUB_LOG_FORMAT',
      kind: kinds.oneOf(LOG_FORMATS),
      help: 'json for machines, pretty for people: one readable line each.',
      example: 'json',
    },
    'json',
  ),
} as const;
