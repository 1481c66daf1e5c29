/** The part of irc-framework that is used here; the package has no types of its own. */
declare module 'irc-framework' {
  import type { EventEmitter } from 'node:events';

  export interface ClientOptions {
    host: string;
    port: number;
    nick: string;
    username: string;
    gecos: string;
    password?: string;
    /** An empty one switches SASL off, for which the server's password would be used otherwise. */
    account: Record<string, never>;
    auto_reconnect: boolean;
    /** What CTCP VERSION is answered with; null is no answer. */
    version: string | null;
    transport: new (options: ClientOptions) => EventEmitter;
  }

  interface Message {
    readonly command: string;
    readonly nick: string;
    readonly params: readonly string[];
  }

  interface Connection {
    on(event: 'message', listener: (message: Message) => void): void;
    on(event: 'socket close', listener: (error: Error | false) => void): void;
    /** Ends the connection; with a line, after sending it. */
    end(line?: string): void;
  }

  export class Client {
    readonly connection: Connection;
    readonly user: { readonly nick: string };
    on(event: 'registered', listener: () => void): void;
    connect(options: ClientOptions): void;
    changeNick(nick: string): void;
    /** One line, exactly as it is given. */
    raw(line: string): void;
    /** How this server compares names. */
    caseCompare(one: string, other: string): boolean;
  }
}
