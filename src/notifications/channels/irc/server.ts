/** A server and who Hub is there: what one connection serves. */
export interface IrcServer {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Whether the server's certificate must be valid. */
  readonly verify: boolean;
  readonly nick: string;
  readonly password: string | null;
  readonly nickservPassword: string | null;
}

/** How patient Hub is with servers; times in milliseconds. */
export interface Limits {
  /** Lines that may be said at once. */
  readonly burst: number;
  /** After how long another one may be. */
  readonly lineMs: number;
  /** A notice is not kept waiting for longer than this behind the lines of others. */
  readonly longestWaitMs: number;
  /** From dialling until the server has let us in; many look up the client's name first. */
  readonly registrationMs: number;
  /** How long a server may take to deal with what it was told. */
  readonly answerMs: number;
  /** How long NickServ is waited for; what it has to say may not matter to a channel. */
  readonly nickservMs: number;
  /** How long a connection is kept that nobody needs, and the channels with it: people see each coming and going. */
  readonly idleMs: number;
  /** How long the server has to answer QUIT. */
  readonly goodbyeMs: number;
}

export const LIMITS: Limits = {
  burst: 4,
  lineMs: 1_000,
  longestWaitMs: 30_000,
  registrationMs: 20_000,
  answerMs: 20_000,
  nickservMs: 3_000,
  idleMs: 60_000,
  goodbyeMs: 2_000,
};
