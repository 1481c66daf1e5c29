const { projects } = require('./jest.config.js');

/**
 * Endurance and crash tests: minutes rather than seconds, so a plain `jest` leaves them out.
 * Run them with `jest -c jest.long.config.js`.
 *
 * @type {import('jest').Config}
 */
module.exports = {
  ...projects.find(({ displayName }) => displayName === 'e2e'),
  displayName: 'long',
  testMatch: ['<rootDir>/test/long/**/*.spec.ts'],
  testTimeout: 600_000,
};
