/**
 * A request that will never work, however often it is tried: a refused address, a broken url, an endless redirect.
 *
 * No message of these errors holds a path, a query or credentials: only the origin that was to be reached.
 */
export class RequestRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RequestRefused';
  }
}

/** A request that may work later: nobody listened, the answer took too long, the connection broke. */
export class RequestFailed extends Error {
  constructor(
    message: string,
    /** Short machine-readable cause, e.g. `ECONNREFUSED` or `timeout`. */
    readonly code: string,
  ) {
    super(message);
    this.name = 'RequestFailed';
  }
}

/** The allow list cannot be used as it is: Hub refuses to start rather than guess what was meant. */
export class AllowListError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AllowListError';
  }
}
