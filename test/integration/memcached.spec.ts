import { Memcached } from '../../src/notifications/handover/memcached/memcached';
import { MemcachedServer } from '../../src/notifications/handover/memcached/memcached-server';
import { TestMemcached } from '../support/memcached';
import { TcpProxy } from '../support/tcp-proxy';

const ANSWER_WITHIN_MS = 300;

describe('the memcached client', () => {
  let server: TestMemcached;
  const opened: { close(): void }[] = [];

  beforeAll(async () => {
    server = await TestMemcached.start();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) one.close();
    await server.flush();
  });
  afterAll(() => server.down());

  function clientOf(...addresses: string[]): Memcached {
    const client = new Memcached(
      addresses.map((address) => {
        const { hostname, port } = new URL(`memcached://${address}`);
        return { host: hostname, port: Number(port), weight: 1 };
      }),
    );
    opened.push(client);
    return client;
  }
  function serverThrough({ url }: TcpProxy): MemcachedServer {
    const one = new MemcachedServer('127.0.0.1', Number(new URL(url).port), 'cache', ANSWER_WITHIN_MS);
    opened.push(one);
    return one;
  }
  const always = () => true;

  it('writes what is not there, and what may be replaced', async () => {
    const client = clientOf(server.address);
    expect(await client.replaceIf('key', 'first', () => false)).toBe(true);
    expect(await client.replaceIf('key', 'kept out', (current) => current.toString() !== 'first')).toBe(false);
    expect(await client.replaceIf('key', 'größer', (current) => current.toString() === 'first')).toBe(true);
    expect(await server.get('key')).toBe('größer');
  });

  it('never writes over what somebody else wrote after it was read', async () => {
    const number = (bytes: Buffer) => Number(bytes.toString());
    const writers = Array.from({ length: 4 }, () => clientOf(server.address));
    const values = Array.from({ length: 200 }, (_, index) => ((index * 37) % 200) + 1);
    const write = async (value: number, index: number): Promise<void> => {
      try {
        await writers[index % writers.length]!.replaceIf(
          'highest',
          String(value),
          (current) => number(current) < value,
        );
      } catch (error) {
        // Whoever is beaten all the time says so, as a delivery would, and comes again.
        if (!(error as Error).message.includes('others wrote the key')) throw error;
        await write(value, index);
      }
    };
    await Promise.all(values.map(write));
    expect(await server.get('highest')).toBe('200');
  });

  it('looks for a key that others share where they look for it', async () => {
    const other = await TestMemcached.start();
    const client = clientOf(server.address, other.address);
    const keys = Array.from({ length: 40 }, (_, id) => `state:${id}`);
    for (const key of keys) await client.replaceIf(key, key, always);
    const here = await Promise.all(keys.map((key) => server.get(key)));
    const there = await Promise.all(keys.map((key) => other.get(key)));
    await other.down();
    expect(keys.map((_, index) => here[index] ?? there[index])).toEqual(keys);
    expect(here.filter((value) => value !== null).length).toBeGreaterThan(0);
    expect(there.filter((value) => value !== null).length).toBeGreaterThan(0);
    expect(here.filter((value, index) => value !== null && there[index] !== null)).toEqual([]);
  });

  it('says why a server does not take a value, and goes on with the next one', async () => {
    const client = clientOf(server.address);
    await expect(client.replaceIf('key', 'x'.repeat(2_000_000), always)).rejects.toThrow(
      `memcached at ${server.address} refused: SERVER_ERROR object too large for cache`,
    );
    expect(await client.replaceIf('key', 'small', always)).toBe(true);
  });

  it('says so when nobody answers there, without waiting', async () => {
    await server.down();
    const begun = performance.now();
    await expect(clientOf(server.address).replaceIf('key', 'value', always)).rejects.toThrow(
      /^memcached at 127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/,
    );
    expect(performance.now() - begun).toBeLessThan(1_000);
    await server.up();
  });

  it('gives a server up that hangs, with all that waits for it, and comes back to it', async () => {
    const proxy = await TcpProxy.start(`memcached://${server.address}`);
    const one = serverThrough(proxy);
    expect(await one.add('key', 'value')).toBe(true);
    proxy.hang();
    const both = await Promise.allSettled([one.gets('key'), one.gets('other')]);
    expect(
      both.map((result) => (result.status === 'rejected' ? (result.reason as Error).message : 'an answer')),
    ).toEqual(Array(2).fill(`memcached at cache does not answer: no answer within ${ANSWER_WITHIN_MS} ms`));
    proxy.restore();
    expect((await one.gets('key'))?.bytes.toString()).toBe('value');
    await proxy.close();
  });

  it('comes back to a server that was started again', async () => {
    const client = clientOf(server.address);
    await client.replaceIf('key', 'before', always);
    await server.down();
    await expect(client.replaceIf('key', 'meanwhile', always)).rejects.toThrow('does not answer');
    await server.up();
    expect(await client.replaceIf('key', 'after', () => false)).toBe(true);
    expect(await server.get('key')).toBe('after');
  });
});
