import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { MethodFrames } from './method-frames';

const BASIC = 60;
const DELIVER = 60;
const ACK = 80;
const REJECT = 90;
const NACK = 120;
const CHANNEL = 20;
const CHANNEL_CLOSE = 40;
const CHANNEL_CLOSE_OK = 41;

/**
 * Stands between Hub and the broker and counts what Hub has settled.
 *
 * A broker tells how many messages of a queue are ready, but not, without its management plugin, how many are
 * delivered and unacked. The frames tell, and they tell the truth whatever Hub believes of itself.
 */
export class AckWatch {
  private settledCount = 0;
  private readonly unacked = new Set<Set<bigint>>();
  private readonly sockets = new Set<Socket>();
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    /** For Hub instead of the broker's own URL. */
    readonly url: string,
  ) {}

  /** @param brokerUrl an `amqp://` URL; frames inside TLS cannot be read */
  static async before(brokerUrl: string): Promise<AckWatch> {
    const url = new URL(brokerUrl);
    if (url.protocol !== 'amqp:')
      throw new Error(`vectors via amqp need a plain amqp:// broker, not ${url.protocol}//`);
    const broker = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 5672) };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const here = new URL(brokerUrl);
    here.hostname = '127.0.0.1';
    here.port = String((server.address() as AddressInfo).port);
    const watch = new AckWatch(server, here.href);
    server.on('connection', (hub) => watch.bridge(hub, connect(broker)));
    return watch;
  }

  /** Messages acked, or rejected for good, since the start. */
  get settled(): number {
    return this.settledCount;
  }

  /** Messages delivered to Hub and neither acked nor returned. */
  get inHand(): number {
    return [...this.unacked].reduce((total, tags) => total + tags.size, 0);
  }

  /**
   * Resolves when `count` messages have been settled since the start and none is in hand.
   *
   * @param timeoutMs how long to wait
   * @throws Error telling the counts when the time is over
   */
  async whenSettled(count: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.settledCount < count || this.inHand > 0) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`only ${this.settledCount} of ${count} messages settled, ${this.inHand} unacked`);
      await this.nextFrame(left);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private nextFrame(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private bridge(hub: Socket, broker: Socket): void {
    const channels = new Map<number, Set<bigint>>();
    const tagsOf = (channel: number): Set<bigint> => {
      const tags = channels.get(channel) ?? new Set<bigint>();
      channels.set(channel, tags);
      this.unacked.add(tags);
      return tags;
    };
    const fromBroker = new MethodFrames(0, (channel, classId, method, args) => {
      if (classId === BASIC && method === DELIVER) tagsOf(channel).add(args.readBigUInt64BE(1 + args.readUInt8(0)));
      if (classId === CHANNEL && (method === CHANNEL_CLOSE || method === CHANNEL_CLOSE_OK)) tagsOf(channel).clear();
    });
    // The client's first 8 bytes are the protocol header.
    const fromHub = new MethodFrames(8, (channel, classId, method, args) => {
      if (classId !== BASIC || ![ACK, REJECT, NACK].includes(method)) return;
      const flags = args.readUInt8(8);
      const multiple = method !== REJECT && (flags & 1) === 1;
      const requeue = method === REJECT ? (flags & 1) === 1 : method === NACK && (flags & 2) === 2;
      const settled = take(tagsOf(channel), args.readBigUInt64BE(0), multiple);
      if (!requeue) this.settledCount += settled;
      this.wake();
    });
    hub.on('data', (chunk) => fromHub.read(chunk)).pipe(broker);
    broker.on('data', (chunk) => fromBroker.read(chunk)).pipe(hub);
    for (const [socket, other] of [
      [hub, broker],
      [broker, hub],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.sockets.delete(socket);
        for (const tags of channels.values()) this.unacked.delete(tags);
        other.destroy();
        this.wake();
      });
    }
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

/** Removes a delivery tag, or with `multiple` all up to it (0 means all), and tells how many there were. */
function take(tags: Set<bigint>, tag: bigint, multiple: boolean): number {
  const taken = multiple ? [...tags].filter((one) => tag === 0n || one <= tag) : tags.has(tag) ? [tag] : [];
  for (const one of taken) tags.delete(one);
  return taken.length;
}
