import { AddressGuard } from './address-guard';
import { AllowListError } from './errors';

describe('AddressGuard', () => {
  const guard = new AddressGuard([]);

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '192.167.1.1',
    '223.255.255.254',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '[2606:4700:4700::1111]',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('lets the public address %s through', (address) => {
    expect(guard.whyRefused(address)).toBeNull();
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.0.1', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['192.0.0.1', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['198.51.100.1', 'reserved'],
    ['203.0.113.1', 'reserved'],
    ['192.88.99.1', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['[::1]', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fc00::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['fd00:ec2::254', 'metadata'],
    ['fec0::1', 'private'],
    ['ff02::1', 'multicast'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::8.8.8.8', 'IPv4-compatible'],
    ['::ffff:0:127.0.0.1', 'reserved'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b:1::10.0.0.1', 'NAT64'],
    ['2002:7f00:1::', '6to4'],
    ['2002:808:808::', '6to4'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['2001:db8::1', 'reserved'],
    ['100::1', 'reserved'],
    ['5f00::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['localhost', 'not readable'],
    ['', 'not readable'],
  ])('refuses %s because it is %s', (address, reason) => {
    expect(guard.whyRefused(address)).toContain(reason);
  });

  it('lets a listed address through, and only that one', () => {
    const allowing = new AddressGuard(['10.1.2.3', 'fd00::7']);
    expect(allowing.whyRefused('10.1.2.3')).toBeNull();
    expect(allowing.whyRefused('::ffff:10.1.2.3')).toBeNull();
    expect(allowing.whyRefused('10.1.2.4')).toContain('private');
    expect(allowing.whyRefused('fd00::7')).toBeNull();
    expect(allowing.whyRefused('fd00::8')).toContain('private');
  });

  it('lets a listed range through, to its very edges', () => {
    const allowing = new AddressGuard(['10.20.0.0/16', ' FD00:1::/32 ']);
    expect(allowing.whyRefused('10.20.0.0')).toBeNull();
    expect(allowing.whyRefused('10.20.255.255')).toBeNull();
    expect(allowing.whyRefused('10.19.255.255')).toContain('private');
    expect(allowing.whyRefused('10.21.0.0')).toContain('private');
    expect(allowing.whyRefused('fd00:1:ffff::1')).toBeNull();
    expect(allowing.whyRefused('fd00:2::1')).toContain('private');
  });

  it('does not let a range of one family open the other', () => {
    expect(new AddressGuard(['::/0']).whyRefused('127.0.0.1')).toContain('loopback');
    expect(new AddressGuard(['0.0.0.0/0']).whyRefused('::1')).toContain('loopback');
  });

  it('knows listed host names whatever their case and trailing dot, but not their subdomains', () => {
    const allowing = new AddressGuard(['CI-Tools.internal', 'hook_box']);
    expect(allowing.allowsHost('ci-tools.INTERNAL.')).toBe(true);
    expect(allowing.allowsHost('hook_box')).toBe(true);
    expect(allowing.allowsHost('evil.ci-tools.internal')).toBe(false);
    expect(allowing.allowsHost('internal')).toBe(false);
  });

  it.each([
    'http://ci.internal',
    'ci.internal:8080',
    '*.internal',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'internal/8',
    'fd00::/129',
    '::ffff:10.0.0.0/104',
    '64:ff9b::/96',
    '',
  ])('refuses the unusable entry "%s" and says what to write', (entry) => {
    expect(() => new AddressGuard([entry])).toThrow(AllowListError);
    expect(() => new AddressGuard([entry])).toThrow(/Write entries like/);
  });
});
