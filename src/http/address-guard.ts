import { parseAddress, whyInternal, type Address } from './address-ranges';
import { AllowListError } from './errors';

type Range = readonly [Address, number];

const HOST_NAME = /^(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/;

/**
 * Decides which addresses urls given by users may reach: public ones, and what the operator allows by name, address or
 * CIDR range. Pure; the connector asks it about the very address it is going to dial.
 */
export class AddressGuard {
  private readonly hosts = new Set<string>();
  private readonly ranges: Range[] = [];

  /**
   * @param allowed host names, addresses and CIDR ranges that may be reached although they are internal.
   * @throws AllowListError for an entry that is none of these.
   */
  constructor(allowed: readonly string[]) {
    for (const entry of allowed) this.allow(entry.trim().toLowerCase());
  }

  /** True when the operator trusts this name, wherever it points. */
  allowsHost(hostname: string): boolean {
    return this.hosts.has(withoutTrailingDot(hostname.toLowerCase()));
  }

  /**
   * Why this address must not be reached.
   *
   * @returns words that fit behind "an address that is", or null when it may be reached.
   */
  whyRefused(text: string): string | null {
    const address = parseAddress(text);
    if (address === null) return 'not readable';
    const reason = whyInternal(address);
    return reason === null || this.ranges.some((range) => contains(range, address)) ? null : reason;
  }

  private allow(entry: string): void {
    if (entry.includes('/')) this.ranges.push(parseRange(entry));
    else if (parseAddress(entry) !== null) this.ranges.push(parseRange(entry));
    else if (HOST_NAME.test(withoutTrailingDot(entry))) this.hosts.add(withoutTrailingDot(entry));
    else throw unusable(entry);
  }
}

/**
 * A single address is a range of one. A range of addresses that only carry an IPv4 address (`::ffff:…/104`) is not
 * accepted: those are judged by their IPv4 address, so the IPv4 range has to be written.
 */
function parseRange(entry: string): Range {
  const [text = '', bits, ...rest] = entry.split('/');
  const address = parseAddress(text);
  if (address === null || rest.length > 0) throw unusable(entry);
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [address, width];
  const carriesIpv4 = width === 32 && text.includes(':');
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width || carriesIpv4) throw unusable(entry);
  return [address, Number(bits)];
}

function contains([network, length]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, length);
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function unusable(entry: string): AllowListError {
  return new AllowListError(
    `HUB_WEBHOOK_ALLOWED_HOSTS holds ${JSON.stringify(entry)}, which is no host name, address or CIDR range. ` +
      'Write entries like ci-tools.internal, 10.1.2.3 or 10.20.0.0/16: no scheme, no port, no wildcard.',
  );
}
