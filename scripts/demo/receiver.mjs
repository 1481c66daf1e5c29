import { createVerify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import standardwebhooks from 'standardwebhooks';

/**
 * Somebody who receives Hub's webhooks and believes none without proof: the header `Signature` with the public key that
 * Hub publishes, and the Standard Webhooks headers with the secret both sides know.
 */
export class Receiver {
  #server;
  #standard;
  #publicKey;
  #refuse = new Set();
  #onCall;
  /** Accepted and refused calls, in order. */
  calls = [];

  /**
   * @param {object} options
   * @param {string} options.secret `whsec_…`
   * @param {() => Promise<string>} options.fetchKey asks Hub for its public key (PEM)
   * @param {(call: object) => void} options.onCall told of each call
   */
  static async start({ secret, fetchKey, onCall }) {
    const receiver = new Receiver();
    receiver.#standard = new standardwebhooks.Webhook(secret);
    receiver.#publicKey = fetchKey;
    receiver.#onCall = onCall;
    receiver.#server = createServer((request, response) => void receiver.#serve(request, response));
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    receiver.url = `http://127.0.0.1:${receiver.#server.address().port}/hooks/ci`;
    return receiver;
  }

  /** Answers 503 to the first call that tells of this state of this build. */
  refuseOnce(buildId, state) {
    this.#refuse.add(`${buildId}/${state}`);
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const call = { id: request.headers['webhook-id'], ...(await this.#verify(request, body)) };
    call.down = call.problem === undefined && this.#refuse.delete(`${call.buildId}/${call.state}`);
    const before = this.calls.filter((other) => other.id === call.id);
    call.repeat = before.some((other) => !other.down);
    call.secondTry = before.some((other) => other.down);
    this.calls.push(call);
    response.writeHead(call.problem ? 401 : call.down ? 503 : 200).end();
    this.#onCall(call);
  }

  /** What the call says, and why it is not to be believed, if so. */
  async #verify(request, body) {
    try {
      const payload = new URLSearchParams(body).get('payload') ?? '';
      const { id: buildId, number, state } = JSON.parse(payload);
      const told = { buildId, number, state };
      const verifier = createVerify('RSA-SHA1').update(payload, 'utf8');
      const signature = request.headers.signature ?? '';
      if (!verifier.verify(await this.#publicKey(), signature, 'base64')) {
        return { ...told, problem: 'the header Signature does not fit the public key of GET /config' };
      }
      // The body is a form: only the signature is wanted, not the parsing.
      this.#standard.verify(body, request.headers, { jsonParse: false });
      return told;
    } catch (error) {
      return { problem: error.message };
    }
  }
}
