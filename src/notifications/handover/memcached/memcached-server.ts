import { connect, type Socket } from 'node:net';
import { ReplyReader, type Found, type Reply } from './reply-reader';

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const ANSWER_WITHIN_MS = 2_000;

/**
 * One memcached, asked over one connection that is made when it is needed.
 *
 * Answers come in the order of the commands, so one that does not come in time ends the connection and everything that
 * waits on it; the next command makes another.
 */
export class MemcachedServer {
  private socket: Socket | null = null;
  private waiting: Waiting[] = [];

  /**
   * @param name `host:port`, for messages
   * @param answerWithinMs how long a command may take, the connection included, in milliseconds
   */
  constructor(
    private readonly host: string,
    private readonly port: number,
    private readonly name = `${host}:${port}`,
    private readonly answerWithinMs = ANSWER_WITHIN_MS,
  ) {}

  /** The value of a key and its version; undefined when there is none. @throws Error when there is no answer */
  async gets(key: string): Promise<Found | undefined> {
    const { line, found } = await this.ask(`gets ${key}\r\n`);
    if (found || line === 'END') return found;
    throw this.refused(line);
  }

  /** Writes a key that does not exist. @returns false when it does @throws Error when there is no answer */
  add(key: string, value: string): Promise<boolean> {
    return this.store(`add ${key} 0 0 ${Buffer.byteLength(value)}\r\n${value}\r\n`);
  }

  /** Writes over what was read. @returns false when somebody else wrote since @throws Error when there is no answer */
  cas(key: string, value: string, version: string): Promise<boolean> {
    return this.store(`cas ${key} 0 0 ${Buffer.byteLength(value)} ${version}\r\n${value}\r\n`);
  }

  /** Ends the connection. */
  close(): void {
    this.fail(new Error('Hub stops'));
  }

  private async store(command: string): Promise<boolean> {
    const { line } = await this.ask(command);
    if (line === 'STORED') return true;
    if (['NOT_STORED', 'EXISTS', 'NOT_FOUND'].includes(line)) return false;
    throw this.refused(line);
  }

  private ask(command: string): Promise<Reply> {
    const socket = this.socket ?? this.open();
    return new Promise((resolve, reject) => {
      const late = () => this.fail(new Error(`no answer within ${this.answerWithinMs} ms`));
      this.waiting.push({ resolve, reject, timer: setTimeout(late, this.answerWithinMs) });
      socket.write(command);
    });
  }

  private open(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    const reader = new ReplyReader();
    // What an older connection still has to say is nothing to the commands of this one.
    const end = (error: Error) => socket === this.socket && this.fail(error);
    socket.on('data', (chunk) => {
      try {
        for (const reply of reader.read(chunk)) this.settle(reply);
      } catch (error) {
        end(error as Error);
      }
    });
    socket.on('error', end);
    socket.on('close', () => end(new Error('it closed the connection')));
    this.socket = socket;
    return socket;
  }

  private settle(reply: Reply): void {
    const asked = this.waiting.shift();
    if (!asked) throw new Error('it said something that nobody asked for');
    clearTimeout(asked.timer);
    asked.resolve(reply);
  }

  /** What follows an error cannot be told apart from its rest: better a new connection. */
  private refused(line: string): Error {
    this.fail(new Error('the connection was given up after another command was refused'));
    return new Error(`memcached at ${this.name} refused: ${line.slice(0, 200)}`);
  }

  private fail(error: Error): void {
    const { socket, waiting } = this;
    this.socket = null;
    this.waiting = [];
    socket?.destroy();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new Error(`memcached at ${this.name} does not answer: ${messageOf(error)}`));
    }
  }
}

/** Node leaves the message empty when it tried several addresses of a host. */
function messageOf(error: Error & { code?: string }): string {
  return error.message || error.code || error.name;
}
