import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { services } from '../support/services';

it('npm run example adds the documented channel as one new path, passes the contract suite and tells somebody', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(__dirname, '../../scripts/example.mjs')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: services.databaseUrl },
    encoding: 'utf8',
  });
  expect(stdout).toContain('one new path: src/notifications/channels/chat.channel.ts');
  expect(stdout).toContain('the contract suite passes');
  expect(stdout).toMatch(/a room was told: .*acme\/tool #1 was canceled\./);
  expect(status).toBe(0);
});
