import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AddressGuard } from './address-guard';
import { Deadline } from './deadline';
import { RequestFailed } from './errors';
import { explainFailure } from './explain-failure';
import { guardedLookup, refusalOfLiteral, refusalOfSocket, type ResolveAll } from './guarded-connector';

export interface SocketRequest {
  readonly host: string;
  readonly port: number;
  /** Ends connecting early; the socket that was opened does not mind it. */
  readonly signal: AbortSignal;
  /** With TLS from the first byte. `true` takes the usual checks and the host as server name. */
  readonly tls?: boolean | { readonly servername?: string; readonly rejectUnauthorized?: boolean };
  /** How long connecting may take, TLS included, in milliseconds. Default: ten seconds. */
  readonly timeoutMs?: number;
}

const CONNECT_WITHIN_MS = 10_000;

/**
 * Opens TCP connections for protocols other than HTTP, only to addresses that the guard lets through. As with
 * {@link guardedConnector} the check sits inside the lookup that `net.connect` uses: what was checked is dialled.
 */
export class GuardedSockets {
  constructor(
    private readonly guard: AddressGuard,
    private readonly resolve?: ResolveAll,
  ) {}

  /**
   * @throws RequestRefused when the address must not be reached
   * @throws RequestFailed when nobody listens, TLS fails, it takes too long or the signal aborts
   */
  async connect({ host, port, signal, tls = false, timeoutMs = CONNECT_WITHIN_MS }: SocketRequest): Promise<Socket> {
    const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const refusal = refusalOfLiteral(this.guard, host);
    if (refusal !== null) throw refusal;
    if (signal.aborted) throw new RequestFailed(`The connection to ${where} was interrupted.`, 'interrupted');
    const deadline = new Deadline(timeoutMs, signal);
    const target = { host, port, lookup: guardedLookup(this.guard, this.resolve) };
    const secure = { ...target, servername: nameFor(host), ...(typeof tls === 'object' && tls) };
    const socket = tls === false ? connectTcp(target) : connectTls(secure);
    try {
      await Promise.race([opened(socket, tls === false ? 'connect' : 'secureConnect'), reached(deadline)]);
      const late = refusalOfSocket(this.guard, host, socket.remoteAddress);
      if (late !== null) throw late;
      return socket;
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      if (deadline.expired) throw new RequestFailed(`${where} did not answer within ${timeoutMs} ms.`, 'timeout');
      if (signal.aborted) throw new RequestFailed(`The connection to ${where} was interrupted.`, 'interrupted');
      throw explainFailure(error, where);
    } finally {
      deadline.clear();
    }
  }
}

/** TLS knows no addresses as server names. */
function nameFor(host: string): string | undefined {
  return /^[\d.]+$|:/.test(host) ? undefined : host;
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new RequestFailed('it closed the connection', 'ECONNRESET'));
    socket.once('error', reject).once('close', onClose);
    socket.once(event, () => {
      socket.off('error', reject).off('close', onClose);
      resolve();
    });
  });
}

function reached(deadline: Deadline): Promise<never> {
  return new Promise((_resolve, reject) => deadline.onReached(() => reject(new Error('its time is over'))));
}
