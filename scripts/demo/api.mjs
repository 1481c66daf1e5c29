import { PlainError } from '../lib/say.mjs';

/** Hub's HTTP API, as a program of somebody else would use it. */
export class Api {
  #authorization;
  #failed;

  constructor(url, user, password) {
    this.url = url;
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    /** Rejects with the first call that failed, also one that nobody awaited. */
    this.failed = new Promise((_, reject) => (this.#failed = reject));
    this.failed.catch(() => undefined);
  }

  get(path) {
    return this.#call('GET', path);
  }

  /** @param {{ conflict?: boolean }} [accept] conflict: a 409 is no failure but answers undefined */
  post(path, body, accept) {
    return this.#call('POST', path, body, accept);
  }

  async #call(method, path, body, { conflict = false } = {}) {
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { authorization: this.#authorization, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      });
      const text = await response.text();
      if (conflict && response.status === 409) return undefined;
      if (!response.ok) throw new PlainError(`${method} ${path} answered ${response.status}: ${text}`);
      return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
    } catch (cause) {
      const { code = cause.message } = cause.cause ?? {};
      const error = cause instanceof PlainError ? cause : new PlainError(`${method} ${path}: no answer (${code}).`);
      this.#failed(error);
      throw error;
    }
  }
}
