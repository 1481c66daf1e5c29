/** RFC 5321 §4.5.3.1: what stands before the @, and a whole address without its brackets, in bytes. */
const MOST_LOCAL = 64;
const MOST_ADDRESS = 254;

/** Dots between words of ordinary characters; those beyond ASCII are for servers with SMTPUTF8. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~\u00a1-\u{10ffff}-]+(\.[\w!#$%&'*+/=?^`{|}~\u00a1-\u{10ffff}-]+)*$/u;
const LABEL = /^(?!-)[a-z0-9\u00a1-\u{10ffff}-]{1,63}(?<!-)$/iu;
/** Invisible: separators, and marks that turn the reading direction. */
const HIDDEN = /[\p{C}\p{Z}]/u;
const NOBODY = /^(no|do-?not)-?reply$/i;

/** One address for one person, however it is spelt: recipients are recognised by it. */
export function addressKey(address: string): string {
  return address.toLowerCase();
}

/**
 * Why mail to an address is pointless or impossible: it is none, it belongs to one machine only, or nobody reads it.
 *
 * @returns words that fit behind the address and a colon, or null when it can be mailed.
 */
export function whyNotMailed(address: string): string | null {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const labels = address.slice(at + 1).split('.');
  const fits =
    !HIDDEN.test(address) && Buffer.byteLength(local) <= MOST_LOCAL && Buffer.byteLength(address) <= MOST_ADDRESS;
  if (!fits || !LOCAL.test(local) || !labels.every((label) => LABEL.test(label))) {
    return 'no address that mail can be sent to; write it like name@example.org';
  }
  if (labels.length < 2) return 'its domain has no dot, so only one network knows it';
  const [last = ''] = labels.slice(-1);
  if (last.toLowerCase() === 'local') return 'it ends with .local, so only one network knows it';
  if (/^\d+$/.test(last)) return 'its domain is a number; write a name';
  // GitHub and others give such addresses to people who want to keep theirs to themselves.
  if (NOBODY.test(local) || labels.some((label) => NOBODY.test(label))) return 'a noreply address, which nobody reads';
  return null;
}
