import { pino } from 'pino';
import { RedisConnection } from '../../src/redis/redis-connection';
import { eventually } from '../support';
import { services } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';

const SILENCE_MS = 300;
const log = pino({ level: 'silent' });

describe('a connection to Redis', () => {
  let proxy: TcpProxy;
  let redis: RedisConnection;

  beforeEach(async () => {
    proxy = await TcpProxy.start(services.redisUrl);
    redis = new RedisConnection(proxy.url, log, SILENCE_MS);
  });
  afterEach(async () => {
    redis.close();
    await proxy.close();
  });

  const isReady = (ready: boolean) =>
    eventually(() => {
      expect(redis.client.isReady).toBe(ready);
    });

  it('comes up when Redis does, and again after it was cut', async () => {
    proxy.cut();
    redis.open();
    await eventually(() => {
      expect(redis.client.isOpen).toBe(true);
    });
    await expect(redis.client.ping()).rejects.toThrow();
    for (let i = 0; i < 2; i++) {
      proxy.restore();
      await isReady(true);
      await expect(redis.client.ping()).resolves.toBe('PONG');
      proxy.cut();
      await isReady(false);
    }
  });

  it('gives a server up that hangs, also while commands are written to it all the time', async () => {
    redis.open();
    await isReady(true);
    proxy.hang();
    const writing = setInterval(() => void redis.client.ping().catch(() => undefined), SILENCE_MS / 6);
    await isReady(false);
    clearInterval(writing);
    proxy.restore();
    await isReady(true);
    await expect(redis.client.ping()).resolves.toBe('PONG');
  });

  it('closes at once, in whatever state it is', async () => {
    redis.open();
    await isReady(true);
    redis.close();
    expect(redis.client.isOpen).toBe(false);
    redis.close();
  });

  it('does not quote a url that cannot be used', () => {
    const make = () => new RedisConnection('redis://:hunter2@127.0.0.1/no-number', log);
    expect(make).toThrow(/^The url of Redis cannot be used: [^]*$/);
    expect(make).not.toThrow(/hunter2/);
  });
});
