import { FailedLogins } from './failed-logins';

describe('an address from which passwords are guessed', () => {
  const setUp = () => {
    const clock = { ms: 0 };
    const logins = new FailedLogins(() => clock.ms);
    const fail = (times: number, address = '203.0.113.9') => {
      for (let n = 0; n < times; n++) logins.failed(address);
    };
    return { clock, logins, fail };
  };

  it('is listened to up to thirty failures a minute', () => {
    const { logins, fail } = setUp();
    fail(29);
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(0);
    fail(1);
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(60);
  });

  it('is listened to again when the minute is over, and counted anew', () => {
    const { clock, logins, fail } = setUp();
    fail(40);
    clock.ms = 59_500;
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(1);
    clock.ms = 60_000;
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(0);
    fail(1);
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(0);
  });

  it('does not lock out credentials that were right there before, nor other addresses', () => {
    const { logins, fail } = setUp();
    logins.succeeded('203.0.113.9', 'right');
    fail(1_000);
    expect(logins.waitSeconds('203.0.113.9', 'right')).toBe(0);
    expect(logins.waitSeconds('203.0.113.9', 'guess')).toBe(60);
    expect(logins.waitSeconds('198.51.100.1', 'guess')).toBe(0);
  });

  it('gains nothing by what was right elsewhere', () => {
    const { logins, fail } = setUp();
    logins.succeeded('198.51.100.1', 'right');
    fail(1_000);
    expect(logins.waitSeconds('203.0.113.9', 'right')).toBe(60);
  });

  it('cannot fill the memory from many addresses', () => {
    const { logins } = setUp();
    for (let n = 0; n < 50_000; n++) logins.failed(`2001:db8::${n.toString(16)}`);
    const kept = (logins as unknown as { failures: { size: number } }).failures.size;
    expect(kept).toBeLessThanOrEqual(10_000);
  });
});
