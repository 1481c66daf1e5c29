import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { eventually } from './eventually';

/** Somebody else on an IRC server, who notes every line that the server sends. */
export class IrcPerson {
  readonly heard: string[] = [];

  private constructor(private readonly socket: Socket) {
    createInterface(socket).on('line', (line) => {
      this.heard.push(line);
      if (line.startsWith('PING ')) this.say(`PONG ${line.slice('PING '.length)}`);
    });
    socket.on('error', () => undefined);
  }

  /** Comes in, and into channels. */
  static async arrive(port: number, nick: string, channels: readonly string[] = [], password = ''): Promise<IrcPerson> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const person = new IrcPerson(socket);
    if (password !== '') person.say(`PASS ${password}`);
    person.say(`NICK ${nick}`);
    person.say(`USER ${nick.toLowerCase()} 0 * :${nick}`);
    await person.hears(/ 001 /);
    for (const channel of channels) person.say(`JOIN ${channel}`);
    await person.inStep();
    return person;
  }

  say(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Waits until the server has dealt with all that was said so far. */
  async inStep(): Promise<void> {
    const token = `step-${this.heard.length}`;
    this.say(`PING ${token}`);
    await this.hears(new RegExp(`PONG .*${token}`));
  }

  /** The first line that fits, once it has come. */
  hears(line: RegExp, timeoutMs = 10_000): Promise<string> {
    return eventually(
      () => {
        const found = this.heard.find((one) => line.test(one));
        if (found === undefined) throw new Error(`not heard: ${line.source}; but:\n${this.heard.join('\n')}`);
        return found;
      },
      { timeoutMs },
    );
  }

  /** What was said in a channel: `PRIVMSG text` or `NOTICE text` each. */
  saidIn(channel: string): string[] {
    return this.heard.flatMap((line) => {
      const [, command, where, text] = /^:\S+ (PRIVMSG|NOTICE) (\S+) :(.*)$/.exec(line) ?? [];
      return where === channel ? [`${command} ${text}`] : [];
    });
  }

  leave(): void {
    this.socket.destroy();
  }
}
