import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard';
import { parseAddress } from './address-ranges';
import { RequestFailed, RequestRefused } from './errors';
import { httpLibrary } from './library';

/** Resolves a name to all its addresses, as `dns.lookup` with `all`. Tests hand in their own. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Opens connections only to addresses that the guard lets through.
 *
 * The check sits inside the lookup that `net.connect` itself uses, so there is no second resolution that could answer
 * differently (DNS rebinding): what was checked is what is dialled. Literal addresses skip the lookup and are checked
 * before; whatever was connected is checked once more before a byte of HTTP is written.
 *
 * @param connectTimeoutMs how long resolving and connecting (with TLS) may take, in milliseconds.
 */
export function guardedConnector(
  guard: AddressGuard,
  connectTimeoutMs: number,
  resolve: ResolveAll = systemLookup,
): buildConnector.connector {
  const connect = httpLibrary().buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(guard, resolve) });
  return (options, callback) => {
    const { hostname } = options;
    const refusal = refusalOfLiteral(guard, hostname);
    if (refusal !== null) {
      queueMicrotask(() => callback(refusal, null));
      return;
    }
    connect(options, (...result) => {
      const [error, socket] = result;
      const late = error ?? refusalOfSocket(guard, hostname, socket?.remoteAddress);
      if (late === null && socket !== null) {
        callback(null, socket);
        return;
      }
      socket?.destroy();
      callback(late ?? closedEarly(hostname), null);
    });
  };
}

/** Why a host that is an address must not be dialled; null when it may be, or when it is a name. */
export function refusalOfLiteral(guard: AddressGuard, hostname: string): RequestRefused | null {
  return parseAddress(hostname) === null ? null : refusalOf(guard, hostname, hostname);
}

/** A `lookup` for `net.connect` that hands on only addresses that may be dialled. */
export function guardedLookup(guard: AddressGuard, resolve: ResolveAll = systemLookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => refusalOf(guard, hostname, address) === null);
      const [first] = allowed;
      if (first === undefined) done(error ?? nothingLeft(guard, hostname, addresses), []);
      else if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function nothingLeft(guard: AddressGuard, hostname: string, addresses: readonly LookupAddress[]): Error {
  const [first] = addresses;
  const refusal = first && refusalOf(guard, hostname, first.address);
  return refusal ?? new RequestFailed(`${hostname} has no address: check the name and its DNS records.`, 'ENOTFOUND');
}

function refusalOf(guard: AddressGuard, hostname: string, address: string): RequestRefused | null {
  if (guard.allowsHost(hostname)) return null;
  const reason = guard.whyRefused(address);
  if (reason === null) return null;
  const subject = parseAddress(hostname) === null ? `${hostname} points to ${address}` : `${address} was to be reached`;
  return new RequestRefused(
    `${subject}, an address that is ${reason}; urls given by users may reach public addresses only. ` +
      'Use a public url, or have an operator add the host or address to HUB_WEBHOOK_ALLOWED_HOSTS.',
  );
}

/** Whatever was connected is judged once more, before anything is said. */
export function refusalOfSocket(guard: AddressGuard, hostname: string, address: string | undefined): Error | null {
  return address === undefined ? closedEarly(hostname) : refusalOf(guard, hostname, address);
}

function closedEarly(hostname: string): RequestFailed {
  return new RequestFailed(`${hostname} closed the connection at once: check what listens there.`, 'ECONNRESET');
}
