import type { ConsumeMessage } from 'amqplib';
import { BUILD_COMMANDS, JOB_COMMANDS } from '../../contracts/command';
import { MessagesController } from '../messages.controller';
import { toIncomingMessage } from './incoming-message';
import { MessageDeserializer, UNACCEPTED } from './message-deserializer';

function received(properties: object, body = '{"id":1}', redelivered = false): ConsumeMessage {
  const fields = { deliveryTag: 1, redelivered, exchange: '', routingKey: 'reporting.jobs.builds', consumerTag: 'c' };
  return { content: Buffer.from(body), fields, properties } as unknown as ConsumeMessage;
}

describe('a message of the broker', () => {
  it('keeps its bytes, its type, its time and all properties', () => {
    const properties = { type: 'job:test:start', timestamp: 1_526_308_010, headers: { a: 1 }, appId: undefined };
    expect(toIncomingMessage(received(properties))).toMatchObject({
      type: 'job:test:start',
      body: Buffer.from('{"id":1}'),
      sentAt: new Date('2018-05-14T14:26:50Z'),
      properties: {
        type: 'job:test:start',
        timestamp: 1_526_308_010,
        headers: { a: 1 },
        exchange: '',
        redelivered: false,
      },
    });
  });

  it.each([
    [1_526_308_010_000, '2018-05-14T14:26:50.000Z'],
    [0, undefined],
    [undefined, undefined],
  ])('reads the timestamp %p', (timestamp, sentAt) => {
    expect(toIncomingMessage(received({ timestamp })).sentAt?.toISOString()).toBe(sentAt);
  });

  it('is recognised when it is delivered again, also by a queue that counts deliveries in its headers', () => {
    const first = toIncomingMessage(received({ type: 'job:restart', timestamp: 1, headers: {} })).identity;
    const again = toIncomingMessage(
      received({ type: 'job:restart', timestamp: 1, headers: { 'x-delivery-count': 1 } }, undefined, true),
    ).identity;
    expect(again).toEqual({ fingerprint: first.fingerprint, redelivered: true });
    for (const [properties, body] of [
      [{ type: 'job:restart', timestamp: 2 }, '{"id":1}'],
      [{ type: 'job:cancel', timestamp: 1 }, '{"id":1}'],
      [{ type: 'job:restart', timestamp: 1 }, '{"id":2}'],
      [{ type: 'job:restart', timestamp: 1, messageId: 'x' }, '{"id":1}'],
    ] as const) {
      expect(toIncomingMessage(received(properties, body)).identity.fingerprint).not.toBe(first.fingerprint);
    }
  });
});

describe('routing', () => {
  const patternOf = (type: unknown): unknown =>
    new MessageDeserializer().deserialize(toIncomingMessage(received({ type }))).pattern;

  it.each([
    ['job:test:start', 'job:start'],
    ['"build:cancel"', 'build:cancel'],
    ['job:create', UNACCEPTED],
    ['__proto__', UNACCEPTED],
    ['', UNACCEPTED],
    [undefined, UNACCEPTED],
    ['deploy:finished', 'job:deploy'],
  ])('gives %p to the handler of %s', (type, pattern) => {
    expect(patternOf(type)).toBe(pattern);
  });

  it('has one handler for each command and one for everything else', () => {
    const handled = Object.getOwnPropertyNames(MessagesController.prototype).flatMap((name) => {
      const method = Object.getOwnPropertyDescriptor(MessagesController.prototype, name)?.value as object;
      return (Reflect.getMetadata('microservices:pattern', method) as string[] | undefined) ?? [];
    });
    const commands = [
      ...JOB_COMMANDS.map((name) => `job:${name}`),
      'job:deploy',
      ...BUILD_COMMANDS.map((name) => `build:${name}`),
    ];
    expect(handled.toSorted()).toEqual([...commands, UNACCEPTED].toSorted());
  });
});
