import * as ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Names of the ranges as `ipaddr.js` calls them, in words that fit behind "an address that is …".
 * A range that is not listed is refused as well: only ordinary public addresses may be reached.
 */
const WORDS: Readonly<Record<string, string>> = {
  unspecified: 'unspecified (it means "this host")',
  broadcast: 'for broadcast',
  multicast: 'for multicast',
  linkLocal: 'link-local',
  loopback: 'loopback',
  carrierGradeNat: 'shared (carrier-grade NAT)',
  private: 'private',
  uniqueLocal: 'private (unique local)',
  deprecatedSiteLocal: 'private (site-local)',
  rfc6052: 'of a local NAT64 network',
  '6to4': 'a 6to4 tunnel',
  teredo: 'a Teredo tunnel',
  ipv4Compatible: 'IPv4-compatible',
  metadata: 'a cloud metadata service',
};

/** Metadata services that do not stand in a range refused anyway, or whose name says more than the range. */
const METADATA: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  // Azure's platform address is globally unique, so that no range would catch it.
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** The well-known NAT64 prefix (RFC 6052): networks without IPv4 reach every public IPv4 host through it. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const IPV4_COMPATIBLE = ipaddr.IPv6.parseCIDR('::/96');
/** All that is handed out as global unicast today (RFC 4291, IANA): the rest of the IPv6 space is nobody's. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Reads an address and looks through the forms that only carry an IPv4 address: mapped (`::ffff:a.b.c.d`) and
 * well-known NAT64. The kernel or the network delivers to the inner address, so that is the one to judge.
 *
 * @returns null when the text is no address.
 */
export function parseAddress(text: string): Address | null {
  // ipaddr.js takes `::1.2.3.4` for the mapped `::ffff:1.2.3.4`; the kernel dials what is written.
  const bare = text
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/^::(?=\d+\.)/, '0:0:0:0:0:0:');
  if (!ipaddr.isValid(bare)) return null;
  const address = ipaddr.parse(bare);
  if (!isIPv6(address)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.match(NAT64)) return ipaddr.fromByteArray(address.toByteArray().slice(12));
  return address;
}

/**
 * Says why an address is not an ordinary public one.
 *
 * @returns words that fit behind "an address that is", or null when the address is public.
 */
export function whyInternal(address: Address): string | null {
  if (METADATA.has(address.toString())) return WORDS['metadata'] ?? null;
  const range = rangeOf(address);
  return range === 'unicast' ? null : (WORDS[range] ?? 'reserved');
}

function rangeOf(address: Address): string {
  const range = address.range();
  if (!isIPv6(address) || range !== 'unicast') return range;
  if (address.match(IPV4_COMPATIBLE)) return 'ipv4Compatible';
  return address.match(GLOBAL_UNICAST) ? 'unicast' : 'reserved';
}

function isIPv6(address: Address): address is ipaddr.IPv6 {
  return address.kind() === 'ipv6';
}
