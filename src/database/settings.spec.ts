import { DEFAULT_LIMITS, QUICK_LIMITS, SETTINGS_OF_CONNECTION, settingsOfTransaction } from './settings';

describe('the settings of a transaction', () => {
  it('are all made for it alone where the connection has none', () => {
    const statement = settingsOfTransaction(QUICK_LIMITS, false);
    expect(statement).toContain(`set_config('search_path', 'public', true)`);
    expect(statement).toContain(`set_config('lock_timeout', '1000', true)`);
    expect(statement).not.toContain('false');
  });

  it('are none where the connection has them', () => {
    expect(SETTINGS_OF_CONNECTION).toContain(`set_config('search_path', 'public', false)`);
    expect(SETTINGS_OF_CONNECTION).toContain(`set_config('lock_timeout', '1000', false)`);
    expect(settingsOfTransaction(QUICK_LIMITS, true)).toBeNull();
  });

  it('are the limits that differ where the connection has the usual ones', () => {
    expect(settingsOfTransaction(DEFAULT_LIMITS, true)).toBe(`SELECT set_config('lock_timeout', '5000', true)`);
  });
});
