/** Why a notice did not reach its channel. The message is shown to people: no password or key may stand in it. */
export class IrcProblem extends Error {
  constructor(
    message: string,
    /** True when trying again cannot help. */
    readonly final: boolean,
    /** When to try again, in milliseconds from now; null leaves it open. */
    readonly afterMs: number | null = null,
  ) {
    super(message);
    this.name = 'IrcProblem';
  }
}

/** Something that may be over soon: a network, a server, a limit. */
export const passing = (message: string): IrcProblem => new IrcProblem(message, false);

/** Something that stays until somebody changes the channel or the config. */
export const lasting = (message: string): IrcProblem => new IrcProblem(message, true);
