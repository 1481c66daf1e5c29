import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ClientOptions } from 'irc-framework';

/** A line with all its tags has at most 8,703 bytes (IRCv3 message tags). */
const LONGEST_LINE = 16_384;
/** What a server may say while nothing is said to it, in bytes: irc-framework collects lists until their end. */
const MOST_BYTES = 1_000_000;

/** Opens the connection that a {@link Transport} uses. */
export type Dial = () => Promise<Socket>;

/**
 * What irc-framework sends and receives lines through, on a socket that somebody else opens.
 *
 * The server may be anybody's: whatever it sends that is too much, or that irc-framework stumbles over, ends the connection
 * and nothing else.
 */
export class Transport extends EventEmitter {
  private socket: Socket | null = null;
  private gone = false;
  private rest = Buffer.alloc(0);
  private received = 0;

  constructor(private readonly dial: Dial) {
    super();
  }

  /** The class that irc-framework asks for, bound to a way of dialling; `made` is told of each one. */
  static through(dial: Dial, made: (transport: Transport) => void): ClientOptions['transport'] {
    return class extends Transport {
      constructor() {
        super(dial);
        made(this);
      }
    };
  }

  connect(): void {
    this.dial().then(
      (socket) => this.use(socket),
      (error: unknown) => this.closed(error instanceof Error ? error : new Error('no connection')),
    );
  }

  writeLine(line: string, written?: () => void): void {
    if (this.socket !== null && !this.gone) this.socket.write(`${line}\r\n`, written);
    else if (written !== undefined) process.nextTick(written);
  }

  /** The server may say as much again: we have asked it for something. */
  expectAnswer(): void {
    this.received = 0;
  }

  /** @param force without waiting for the server, which has not been heard of for long. */
  close(force = false): void {
    if (force) this.socket?.destroy();
    else this.socket?.end();
  }

  /** Ends the connection without a word. */
  disposeSocket(): void {
    this.gone = true;
    this.socket?.destroy();
  }

  /** IRC has been UTF-8 for long. */
  setEncoding(): boolean {
    return true;
  }

  private use(socket: Socket): void {
    if (this.gone) return void socket.destroy();
    this.socket = socket;
    // A line and the PING behind it would wait for each other's confirmation.
    socket.setNoDelay(true);
    let problem: Error | undefined;
    socket.on('error', (error) => (problem = error));
    socket.on('close', () => this.closed(problem));
    socket.on('data', (data) => this.read(data));
    this.emit('open');
  }

  private read(data: Buffer): void {
    this.received += data.length;
    this.rest = Buffer.concat([this.rest, data]);
    try {
      for (let end = this.rest.indexOf('\n'); end >= 0 && !this.gone; end = this.rest.indexOf('\n')) {
        const line = this.rest.subarray(0, end).toString('utf8');
        this.rest = this.rest.subarray(end + 1);
        this.emit('line', line.replace(/\r$/, ''));
      }
    } catch {
      // irc-framework takes much for granted, such as that an option has a value.
      return void this.socket?.destroy(new Error('the server does not speak IRC'));
    }
    if (this.rest.length > LONGEST_LINE || this.received > MOST_BYTES) {
      this.socket?.destroy(new Error('the server says too much'));
    }
  }

  private closed(error: Error | undefined): void {
    if (this.gone && this.socket === null) return;
    this.gone = true;
    this.emit('close', error ?? false);
  }
}
