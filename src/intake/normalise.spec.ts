import fc from 'fast-check';
import { RejectedCommand } from '../contracts/command';
import { ACCEPTED_TYPES } from './domain/message-type';
import { normaliseMessage, readMessage } from './normalise';

const at = (text: string): Date => new Date(text);

function rejection(type: string | undefined, body: unknown): string {
  try {
    normaliseMessage(type, body);
  } catch (error) {
    if (error instanceof RejectedCommand) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('the messages that workers of all ages send', () => {
  const uuid = '870f986d-a88f-4801-86cc-3d2dbc6c80da';

  it('reads a receive of the current worker, whose count starts at 0', () => {
    const text = `{"id":721270,"meta":{"state_update_count":0,"uuid":"${uuid}"},"queued_at":"2018-05-14T14:26:50Z","received_at":"2018-05-14T14:26:51Z","state":"received","vm_size":"large"}`;
    expect(normaliseMessage('job:test:receive', Buffer.from(text), at('2018-05-14T14:26:52Z'))).toStrictEqual({
      subject: 'job',
      name: 'receive',
      id: 721270,
      data: { queuedAt: at('2018-05-14T14:26:50Z'), receivedAt: at('2018-05-14T14:26:51Z'), vmSize: 'large' },
      run: { uuid, count: 0 },
      sentAt: at('2018-05-14T14:26:52Z'),
    });
  });

  it('reads a start with instance, trace and the machine type as size', () => {
    const body = {
      id: 721270,
      meta: { instance_id: 'travis-job-1f4c3e0e', state_update_count: 1, uuid },
      queued_at: '2018-05-14T14:26:50Z',
      received_at: '2018-05-14T14:26:51Z',
      started_at: '2018-05-14T14:27:20Z',
      state: 'started',
      trace: true,
      vm_size: 'm6g.xlarge',
    };
    expect(normaliseMessage('job:test:start', body)).toStrictEqual({
      subject: 'job',
      name: 'start',
      id: 721270,
      data: {
        queuedAt: at('2018-05-14T14:26:50Z'),
        receivedAt: at('2018-05-14T14:26:51Z'),
        startedAt: at('2018-05-14T14:27:20Z'),
        vmSize: 'm6g.xlarge',
      },
      run: { uuid, count: 1 },
      instanceId: 'travis-job-1f4c3e0e',
    });
  });

  it('reads a canceled run: a finish with two l', () => {
    const body = { id: 1, state: 'cancelled', finished_at: '2018-05-14T14:26:55Z' };
    expect(normaliseMessage('job:test:finish', body).data).toStrictEqual({
      state: 'canceled',
      finishedAt: at('2018-05-14T14:26:55Z'),
    });
  });

  it('reads a reset without taking its state for a result', () => {
    const body = { id: 1, state: 'reset', received_at: '2018-05-14T14:26:51Z', meta: { state_update_count: 1, uuid } };
    expect(normaliseMessage('job:test:reset', body).data).toStrictEqual({ receivedAt: at('2018-05-14T14:26:51Z') });
  });

  it('reads what the Ruby worker sent: no order of runs, local time format, uuid at the top, host name', () => {
    const body = '{"id":1,"state":"received","received_at":"2015-01-22 10:20:30 UTC","uuid":"x","worker":"host-1"}';
    expect(normaliseMessage('job:test:receive', body)).toStrictEqual({
      subject: 'job',
      name: 'receive',
      id: 1,
      data: { receivedAt: at('2015-01-22T10:20:30Z') },
    });
  });

  it('reads of a finish, and of nothing else, that a trace was taken', () => {
    expect(normaliseMessage('job:finish', { id: 1, state: 'passed', trace: true }).trace).toBe(true);
    for (const trace of [false, null, 'true', 1, undefined]) {
      expect(normaliseMessage('job:finish', { id: 1, state: 'passed', trace })).not.toHaveProperty('trace');
    }
    expect(normaliseMessage('job:start', { id: 1, trace: true })).not.toHaveProperty('trace');
  });

  it('reads a finish of v1.3.0, whose missing times are Go zero times, and says what it dropped', () => {
    const zero = '0001-01-01T00:00:00Z';
    const body = { id: 1, state: 'errored', received_at: zero, started_at: zero, finished_at: '2015-12-01T00:00:00Z' };
    const { command, warnings } = readMessage('job:test:finish', body);
    expect(command.data).toStrictEqual({ state: 'errored', finishedAt: at('2015-12-01T00:00:00Z') });
    expect(warnings).toEqual([
      { key: 'received_at', problem: `is "${zero}": zero time` },
      { key: 'started_at', problem: `is "${zero}": zero time` },
    ]);
  });

  it('reads a finish of v2.8.0, which has no finished_at', () => {
    expect(normaliseMessage('job:test:finish', { id: 1, state: 'passed' }).data).toStrictEqual({ state: 'passed' });
  });

  it('orders nothing by a count without a run, as HTTP workers send it', () => {
    const body = { id: 1, cur: 'queued', new: 'received', meta: { state_update_count: 1 } };
    expect(normaliseMessage('job:receive', body)).not.toHaveProperty('run');
  });
});

describe('the messages of other services', () => {
  it('reads a cancel of the API: id as text, reason, double encoding of Sidekiq', () => {
    const body = JSON.stringify(
      '{"id":"721270","user_id":1,"source":"api","reason":"Job Cancelled manually by User with id: sven"}',
    );
    expect(normaliseMessage('"job:cancel"', body)).toStrictEqual({
      subject: 'job',
      name: 'cancel',
      id: 721270,
      data: {},
      reason: 'Job Cancelled manually by User with id: sven',
    });
  });

  it('reads a restart of the API with the user who asked for it', () => {
    const command = normaliseMessage('build:restart', { id: '12', user_id: 7, restarted_by: 7 });
    expect(command).toStrictEqual({ subject: 'build', name: 'restart', id: 12, data: { restartedBy: 7 } });
  });

  it('reads an auto-cancel of the gatekeeper', () => {
    const meta = { auto: true, event: 'pull_request', number: '2', branch: 'master', pull_request_number: 1 };
    expect(normaliseMessage('build:cancel', { id: 5, meta })).toStrictEqual({
      subject: 'build',
      name: 'cancel',
      id: 5,
      data: {},
      autoCancel: { event: 'pull_request', number: '2', branch: 'master', pullRequestNumber: '1' },
    });
  });

  it('reads a build that ended with a config error', () => {
    const body = { id: 5, state: 'errored', started_at: '2021-01-01T00:00:00Z', finished_at: '2021-01-01T00:00:01Z' };
    expect(normaliseMessage('build:finish', body).data).toMatchObject({ state: 'errored' });
  });

  it.each([
    ['from the body', { id: 1, reason: 'top', meta: { reason: 'meta' } }, 'top'],
    ['else from meta', { id: 1, reason: '', meta: { reason: 'meta' } }, 'meta'],
    ['and is absent when it is no text', { id: 1, reason: 7, meta: { reason: null } }, undefined],
  ])('takes the reason %s', (_where, body, reason) => {
    expect(normaliseMessage('job:cancel', body).reason).toBe(reason);
  });

  it.each([[false], [null], [0], [undefined]])('takes meta.auto = %p for a cancel by hand', (auto) => {
    expect(normaliseMessage('build:cancel', { id: 1, meta: { auto, event: 'push' } })).not.toHaveProperty('autoCancel');
  });
});

describe('types', () => {
  it.each(ACCEPTED_TYPES)('takes %s', (type) => {
    expect(rejection(type, { id: 1, state: 'passed' })).toBe('accepted');
  });

  it.each([['job:test:start'], ['"job:test:start"'], ['job:start:test'], ['job:test:test:start'], [' job:start ']])(
    'takes %p for job:start',
    (type) => {
      expect(normaliseMessage(type, { id: 1 })).toMatchObject({ subject: 'job', name: 'start' });
    },
  );

  it.each([
    [undefined, 'no_type'],
    ['', 'no_type'],
    ['  ', 'no_type'],
    ['job', 'unknown_type'],
    ['job:', 'unknown_type'],
    ['job:create', 'unknown_type'],
    ['build:receive', 'unknown_type'],
    ['build:reset', 'unknown_type'],
    ['deploy', 'unknown_type'],
    ['deploy:', 'unknown_type'],
    ['deploy:a b', 'unknown_type'],
    ['job:start:now', 'unknown_type'],
    ['JOB:START', 'unknown_type'],
    ['__proto__:constructor', 'unknown_type'],
  ])('refuses %p as %s', (type, reason) => {
    expect(rejection(type, { id: 1 })).toBe(reason);
  });

  it('reads what a build tells of a deploy, which names its job in another way', () => {
    const told = { job_id: '7', provider: 'pages', strategy: null, status: '1', edge: { branch: 'x' }, id: 8 };
    expect(normaliseMessage('deploy:finished', told)).toEqual({
      subject: 'job',
      name: 'deploy',
      event: 'deploy:finished',
      id: 7,
      data: {},
      deploy: { provider: 'pages', strategy: 'git', passed: false, edge: true },
    });
    expect(rejection('deploy:finished', { id: 1 })).toBe('unusable_id');
  });
});

describe('bodies', () => {
  it.each([
    ['text that is not JSON', 'id=1', 'not_json'],
    ['nothing', Buffer.alloc(0), 'not_json'],
    ['half an object', Buffer.from('{"id":1'), 'not_json'],
    ['bytes of something else', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), 'not_json'],
    ['null', 'null', 'not_an_object'],
    ['parsed null', null, 'not_an_object'],
    ['an array', '[{"id":1}]', 'not_an_object'],
    ['a number', '1', 'not_an_object'],
    ['a string that holds no JSON', '"job"', 'not_an_object'],
    ['undefined', undefined, 'not_an_object'],
  ])('refuses %s', (_what, body, reason) => {
    expect(rejection('job:start', body)).toBe(reason);
  });

  it.each([
    ['bytes with a byte order mark', Buffer.from('\uFEFF{"id":1}')],
    ['JSON text', '{"id":1}'],
    ['a JSON string that holds JSON text', '"{\\"id\\":1}"'],
    ['an object', { id: 1 }],
  ])('takes %s', (_what, body) => {
    expect(normaliseMessage('job:start', body).id).toBe(1);
  });

  it('ignores keys it does not know, those of the prototype included', () => {
    const body =
      '{"id":1,"__proto__":{"vm_size":"huge","state":"passed"},"constructor":1,"toString":2,"hasOwnProperty":3}';
    expect(normaliseMessage('job:start', body)).toStrictEqual({ subject: 'job', name: 'start', id: 1, data: {} });
    expect(rejection('job:finish', body)).toBe('unusable_result');
    expect(({} as { vm_size?: string }).vm_size).toBeUndefined();
  });
});

describe('ids', () => {
  it.each([[1], ['1'], [' 1 '], ['0001'], [1.0]])('takes %p', (id) => {
    expect(normaliseMessage('job:start', { id }).id).toBe(1);
  });

  it('takes what fits a bigint column and stays exact', () => {
    expect(normaliseMessage('job:start', { id: '9007199254740991' }).id).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    [0],
    [-1],
    [1.5],
    ['1.5'],
    ['-1'],
    [''],
    ['one'],
    [null],
    [undefined],
    [true],
    [[1]],
    [{ id: 1 }],
    ['9007199254740992'],
    [2 ** 53],
    [1e300],
    ['0x10'],
  ])('refuses %p', (id) => {
    expect(rejection('job:start', { id })).toBe('unusable_id');
  });
});

describe('results', () => {
  it.each([['passed'], ['failed'], ['errored'], ['canceled']])('takes %s', (state) => {
    expect(normaliseMessage('job:finish', { id: 1, state }).data.state).toBe(state);
  });

  it.each([['started'], ['reset'], ['created'], [''], [null], [undefined], [1], [['passed']], ['PASSED']])(
    'refuses a finish with the state %p',
    (state) => {
      expect(rejection('job:finish', { id: 1, state })).toBe('unusable_result');
      expect(rejection('build:finish', { id: 1, state })).toBe('unusable_result');
    },
  );

  it('does not look at the state of other events', () => {
    expect(normaliseMessage('job:start', { id: 1, state: 'passed' }).data).toStrictEqual({});
    expect(normaliseMessage('job:receive', { id: 1, state: 7 }).data).toStrictEqual({});
  });
});

describe('times', () => {
  const startedAt = (started_at: unknown): Date | undefined =>
    normaliseMessage('job:start', { id: 1, started_at }).data.startedAt;

  it.each([
    ['2018-05-14T14:26:50Z', '2018-05-14T14:26:50Z'],
    ['2018-05-14t14:26:50z', '2018-05-14T14:26:50Z'],
    ['2015-02-01T10:00:00+01:00', '2015-02-01T09:00:00Z'],
    ['2015-02-01T10:00:00-0330', '2015-02-01T13:30:00Z'],
    ['2015-02-01T10:00:00+01', '2015-02-01T09:00:00Z'],
    ['2018-05-14T14:26:50.123Z', '2018-05-14T14:26:50.123Z'],
    ['2018-05-14T14:26:50.000100012Z', '2018-05-14T14:26:50.000Z'],
    ['2018-05-14T14:26:50.5Z', '2018-05-14T14:26:50.500Z'],
    ['2015-01-22 10:20:30 UTC', '2015-01-22T10:20:30Z'],
    ['2015-01-22 10:20:30 +0000', '2015-01-22T10:20:30Z'],
    ['2015-01-22 10:20:30.5 +0100 CET', '2015-01-22T09:20:30.500Z'],
    ['2015-01-22 10:20:30', '2015-01-22T10:20:30Z'],
    ['2015-01-22 10:20', '2015-01-22T10:20:00Z'],
    ['2015-01-22', '2015-01-22T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00Z'],
  ])('reads %s', (text, expected) => {
    expect(startedAt(text)).toEqual(at(expected));
  });

  it.each([
    [null, 'is null'],
    ['', 'is "": not a time'],
    ['soon', 'is "soon": not a time'],
    [1526308010, 'is 1526308010: not a time'],
    [{}, 'is an object: not a time'],
    [[], 'is an array: not a time'],
    ['0001-01-01T00:00:00Z', 'is "0001-01-01T00:00:00Z": zero time'],
    ['0001-01-01T00:00:00+01:00', 'is "0001-01-01T00:00:00+01:00": zero time'],
    ['1969-12-31T23:59:59Z', 'is "1969-12-31T23:59:59Z": out of range'],
    ['9999-12-31T23:59:59-01:00', 'is "9999-12-31T23:59:59-01:00": out of range'],
    ['99999-01-01T00:00:00Z', 'is "99999-01-01T00:00:00Z": not a time'],
    ['2018-13-01T00:00:00Z', 'is "2018-13-01T00:00:00Z": not a time'],
    ['2019-02-29T00:00:00Z', 'is "2019-02-29T00:00:00Z": not a time'],
    ['2019-01-01T24:00:00Z', 'is "2019-01-01T24:00:00Z": not a time'],
    ['2019-01-01T00:00:00+99:00', 'is "2019-01-01T00:00:00+99:00": not a time'],
  ])('drops %p with a warning', (value, problem) => {
    const { command, warnings } = readMessage('job:start', { id: 1, started_at: value });
    expect(command.data).toStrictEqual({});
    expect(warnings).toEqual([{ key: 'started_at', problem }]);
  });

  it('keeps a fraction that contains 0001', () => {
    expect(startedAt('2018-05-14T14:26:50.100012Z')).toEqual(at('2018-05-14T14:26:50.100Z'));
  });

  it('lets nothing be received before it was queued, whatever the offsets', () => {
    const later = { id: 1, queued_at: '2018-05-14T12:00:00Z', received_at: '2018-05-14T13:00:00+02:00' };
    expect(normaliseMessage('job:receive', later).data.receivedAt).toEqual(at('2018-05-14T12:00:00Z'));
    const sooner = { id: 1, queued_at: '2018-05-14T13:00:00+02:00', received_at: '2018-05-14T12:00:00Z' };
    expect(normaliseMessage('job:receive', sooner).data.receivedAt).toEqual(at('2018-05-14T12:00:00Z'));
  });

  it('drops an impossible time of sending', () => {
    expect(normaliseMessage('job:start', { id: 1 }, new Date(NaN))).not.toHaveProperty('sentAt');
    expect(normaliseMessage('job:start', { id: 1 }, new Date(-1))).not.toHaveProperty('sentAt');
  });
});

describe('details', () => {
  const uuid = 'u';

  it.each([[0], ['0'], [3], ['3']])('takes %p for a count', (count) => {
    const command = normaliseMessage('job:start', { id: 1, meta: { uuid, state_update_count: count } });
    expect(command.run).toEqual({ uuid, count: Number(count) });
  });

  it.each([[-1], [1.5], ['x'], [true], [2 ** 40], [{}]])('does not order by the count %p and says so', (count) => {
    const { command, warnings } = readMessage('job:start', { id: 1, meta: { uuid, state_update_count: count } });
    expect(command).not.toHaveProperty('run');
    expect(warnings).toMatchObject([{ key: 'meta.state_update_count' }]);
  });

  it.each([
    [{ uuid }],
    [{ state_update_count: 1 }],
    [{ uuid: '', state_update_count: 1 }],
    [{ uuid: 7, state_update_count: 1 }],
    [null],
    ['text'],
    [[]],
  ])('orders nothing by the meta %p', (meta) => {
    expect(normaliseMessage('job:start', { id: 1, meta })).not.toHaveProperty('run');
  });

  it.each([['{unidentified}'], [''], ['  '], [7], [null]])('takes the instance id %p for none', (instance_id) => {
    expect(normaliseMessage('job:start', { id: 1, meta: { instance_id } })).not.toHaveProperty('instanceId');
  });

  it.each([['x'], [-1], [0], [1.5], [2 ** 31], [{}]])('drops restarted_by %p with a warning', (restarted_by) => {
    const { command, warnings } = readMessage('job:restart', { id: 1, restarted_by });
    expect(command.data).toStrictEqual({});
    expect(warnings).toMatchObject([{ key: 'restarted_by' }]);
  });

  it('cleans text that PostgreSQL cannot store and cuts what is too long', () => {
    const body = { id: 1, vm_size: `a\u0000b${'x'.repeat(500)}`, reason: 'half \uD83D pair' };
    const command = normaliseMessage('job:start', body);
    expect(command.data.vmSize).toBe(`ab${'x'.repeat(252)}`);
    expect(command.reason).toBe('half \uFFFD pair');
  });
});

describe('whatever arrives', () => {
  const anyType = fc.oneof(fc.constantFrom(...ACCEPTED_TYPES), fc.string({ unit: 'binary' }), fc.constant(undefined));
  const anyKey = fc.constantFrom(
    'id',
    'state',
    'queued_at',
    'received_at',
    'started_at',
    'finished_at',
    'vm_size',
    'meta',
    'reason',
    'restarted_by',
    '__proto__',
  );
  const nearly = fc.dictionary(
    anyKey,
    fc.oneof(fc.jsonValue(), fc.constantFrom('passed', '2020-01-01T00:00:00Z', 7), fc.string({ unit: 'binary' })),
  );
  const anyBody = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json(),
    fc.jsonValue(),
    nearly,
    nearly.map((body) => Buffer.from(JSON.stringify(body))),
    fc.anything(),
  );

  it('either becomes a command that every column can hold, or is rejected with a reason', () => {
    fc.assert(
      fc.property(
        anyType,
        anyBody,
        fc.option(fc.date({ noInvalidDate: false }), { nil: undefined }),
        (type, body, sentAt) => {
          try {
            const command = normaliseMessage(type, body, sentAt);
            expect(Number.isSafeInteger(command.id)).toBe(true);
            expect(JSON.stringify(command)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
            for (const time of Object.values(command.data).filter((value) => value instanceof Date)) {
              expect(time.toISOString()).toMatch(/^(19[7-9]|[2-9]\d)/);
            }
          } catch (error) {
            if (!(error instanceof RejectedCommand)) throw error;
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
