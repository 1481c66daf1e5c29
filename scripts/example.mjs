/**
 * `npm run example`: adds the channel of docs/channels.md to a copy of the project, as its author would, and shows that
 * it is one new path, that the contract suite passes, and that a real Hub tells a real receiver through it.
 */
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Api } from './demo/api.mjs';
import { ROOT, run, runNode } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { freePorts } from './lib/ports.mjs';
import { green, PlainError, runScript, say } from './lib/say.mjs';
import { withServices } from './lib/services.mjs';

const CHANNEL = 'src/notifications/channels/chat.channel.ts';
const WAIT_MS = 30_000;
const LOOK_MS = 50;

await runScript(async () => {
  await ensureDependencies();
  return withServices(async (services) => {
    const copy = join(services.guardian.directory, 'project');
    await copyProject(copy);
    writeFileSync(join(copy, CHANNEL), documentedChannel());

    const status = (await git(copy, 'status', '--porcelain')).trim();
    if (status !== `?? ${CHANNEL}`) throw new PlainError(`git status should name one new path:\n${status}`);
    say(`${green('✓')} one new path: ${CHANNEL}`);

    const suite = ['--config', 'jest.config.js', 'test/contract/channels.spec.ts', '-t', 'channel chat'];
    await tool(copy, 'jest/bin/jest.js', suite, 'The contract suite fails');
    say(`${green('✓')} the contract suite passes`);

    await tool(copy, 'typescript/bin/tsc', ['-p', 'tsconfig.build.json'], 'It does not compile');
    say(`${green('✓')} a room was told: ${await deliver(copy, services)}`);
    return 0;
  });
});

/** All that git would keep, in a repository of its own. */
async function copyProject(copy) {
  const files = (await git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')).split('\0');
  for (const file of files.filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await git(copy, 'init', '--quiet');
  await git(copy, 'add', '--all');
  await git(copy, '-c', 'user.name=nobody', '-c', 'user.email=nobody@example.org', 'commit', '--quiet', '-m', 'copy');
}

function documentedChannel() {
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/channels.md'), 'utf8')) ?? [];
  if (!code) throw new PlainError('docs/channels.md shows no channel any more: it should start with one.');
  return code;
}

/** Has a Hub of the copy cancel a build whose config names a room. */
async function deliver(copy, { guardian, databaseUrl, signal }) {
  const received = [];
  const room = createServer((request, response) => {
    let body = '';
    request
      .on('data', (data) => (body += data))
      .on('end', () => {
        received.push(body);
        response.end();
      });
  }).listen(0, '127.0.0.1');
  await once(room, 'listening');
  const [port] = await freePorts(1);
  const hub = await guardian.spawn({
    command: process.execPath,
    args: [join(copy, 'dist/src/main.js')],
    env: {
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      HTTP_BASIC_AUTH: 'example:password',
      HUB_CHANNELS: 'chat=deliver,webhook=off',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    },
    cwd: copy,
    log: join(guardian.directory, 'example.log'),
    stopSignals: ['SIGTERM'],
    marker: 'dist/src/main.js',
  });
  const url = `http://127.0.0.1:${port}`;
  const api = new Api(url, 'example', 'password');
  await until(signal, async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok);
  const { id } = await api.post('/api/builds', {
    repository: { owner_name: 'acme', name: 'tool' },
    commit: { sha: '62aae5f70ceee39123ef62aae5f70ceee39123ef', message: 'Try the channel' },
    branch: 'main',
    jobs: [{}],
    config: { notifications: { chat: { rooms: [`http://127.0.0.1:${room.address().port}/hooks/ci`] } } },
  });
  await api.post(`/api/builds/${id}/cancel`);
  await until(signal, () => received.length > 0);
  await hub.stop();
  room.close();
  return received.join();
}

async function until(signal, probe) {
  for (const deadline = Date.now() + WAIT_MS; !(await probe()); await delay(LOOK_MS, undefined, { signal })) {
    if (Date.now() > deadline) throw new PlainError(`Nothing came within ${WAIT_MS / 1_000} seconds.`);
  }
}

async function git(cwd, ...args) {
  const { code, output } = await run('git', args, { cwd, quiet: true });
  if (code !== 0) throw new PlainError(`git ${args[0]} fails:\n${output}`);
  return output;
}

async function tool(cwd, file, args, problem) {
  const { code, output } = await runNode(join(ROOT, 'node_modules', file), args, { cwd, quiet: true });
  if (code !== 0) throw new PlainError(`${problem}:\n${output}`);
}
