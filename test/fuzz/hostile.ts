import fc, { type Arbitrary } from 'fast-check';

/** Texts that have broken somebody's parser, column, log or page. */
const NASTY_TEXTS = [
  ...[
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\udc00x',
    '\ufeff',
    '\u202e',
    '\r\nSet-Cookie: a=b',
    "'; DROP TABLE jobs; --",
    '${7*7}',
  ],
  ...[
    '%{message}',
    '../../etc/passwd',
    '<script>',
    '__proto__',
    'constructor',
    'toString',
    'NaN',
    'null',
    'true',
    '0x10',
    '1e3',
  ],
  ...['{', '[', '"', '\\', '\u0000\u0001\u001b[2J', 'ﬃ'.repeat(300), '💥'.repeat(2_000), 'x'.repeat(70_000)],
];
const NASTY_NUMBERS = [
  ...[0, -0, -1, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 2 ** 53 + 2, 1e21, 1e308, -1e308, 5e-324, 0.1, 1.5],
  ...[2_147_483_648],
];
const NASTY_TIMES = [
  ...[
    '0001-01-01T00:00:00Z',
    '0000-00-00T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '10000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
  ],
  ...[
    '-271821-04-20T00:00:00Z',
    '2021-02-30T25:61:61Z',
    '2021-01-01',
    '1e9',
    '2021-01-01T00:00:00+99:99',
    'now',
    'infinity',
  ],
  ...['2021-01-01T00:00:00.123456789Z', '2021-01-01 00:00:00 UTC', '294277-01-01T00:00:00Z'],
];
const KEYS = [
  ...[
    'id',
    'state',
    'meta',
    'queued_at',
    'received_at',
    'started_at',
    'finished_at',
    'vm_size',
    'reason',
    'uuid',
    'instance_id',
  ],
  ...[
    'state_update_count',
    'auto',
    'event',
    'number',
    'branch',
    'new',
    'cur',
    'restarted_by',
    'job_id',
    'provider',
    'strategy',
  ],
  ...[
    'status',
    'edge',
    'args',
    'class',
    'jid',
    'created_at',
    '__proto__',
    'constructor',
    'prototype',
    'toJSON',
    'then',
    'length',
    '',
  ],
];
const TYPES = [
  ...[
    'job:test:receive',
    'job:start',
    'job:finish',
    'job:test:reset',
    'job:restart',
    'job:cancel',
    'build:create',
    'build:start',
  ],
  ...[
    'build:finish',
    'build:cancel',
    'build:restart',
    'deploy:finished',
    '"job:start"',
    'job:test:test:start',
    'job',
    ':',
    'job:',
    '::',
  ],
];

const text = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...NASTY_TIMES),
);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);
const leaf = fc.oneof(
  text,
  fc.constantFrom(...NASTY_NUMBERS),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('passed', 'failed', 'errored', 'cancelled', 'canceled', 'started', 'received', 'created', 'reset'),
);

/** Any JSON value, with the names that matter to Hub much more often than chance would have them. */
export const json: Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
})).value;

/** An object that is nearly a message, at the top at least. */
export const nearlyMessage: Arbitrary<unknown> = fc.record(
  {
    id: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 50 }) }, { weight: 1, arbitrary: leaf }),
    state: leaf,
    meta: fc.oneof(
      leaf,
      fc.record({ uuid: leaf, state_update_count: leaf, instance_id: leaf, auto: leaf }, { requiredKeys: [] }),
    ),
    queued_at: leaf,
    received_at: leaf,
    started_at: leaf,
    finished_at: leaf,
    vm_size: leaf,
    reason: leaf,
    new: leaf,
  },
  { requiredKeys: [] },
);

const nested = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.integer({ min: 100, max: 30_000 }))
  .map(([open, depth]) => open.repeat(depth) + '1' + (open === '[' ? ']' : '}').repeat(depth));
const unnamed = fc.constantFrom(
  '{"__proto__":{"id":1},"state":"passed"}',
  '{"id":1e400}',
  '{"id":12345678901234567890123}',
  '{"id":1,"id":2}',
  '{"id":"1\\u0000"}',
  '{"id":1,"state":"pas\\u0000sed"}',
  '\ufeff{"id":1}',
  '"\\"{\\\\\\"id\\\\\\":1}\\""',
);

/** Bytes that claim to be JSON: well formed, nearly, broken anywhere, encoded twice, invalid as UTF-8, or just bytes. */
export const bytes: Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: nearlyMessage.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 3, arbitrary: json.map((value) => Buffer.from(JSON.stringify(value) ?? '')) },
  { weight: 1, arbitrary: json.map((value) => Buffer.from(JSON.stringify(JSON.stringify(value) ?? ''))) },
  { weight: 1, arbitrary: unnamed.map((value) => Buffer.from(value)) },
  { weight: 1, arbitrary: nested.map((value) => Buffer.from(value)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(json, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }))
      .map(([value, at, noise]) => spoil(Buffer.from(JSON.stringify(value) ?? ''), at, noise)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)) },
);

/** What may stand in the AMQP property `type`. */
export const type: Arbitrary<string | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TYPES) },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

/** Overwrites some bytes in the middle. */
function spoil(whole: Buffer, at: number, noise: Uint8Array): Buffer {
  if (whole.length > 0)
    whole.set(noise.subarray(0, Math.max(0, whole.length - (at % whole.length))), at % whole.length);
  return whole;
}
