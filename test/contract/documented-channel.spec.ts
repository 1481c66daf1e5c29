import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChannel } from '../../src/notifications/load-channels';
import { describeChannel } from './channel-contract';

const ROOT = join(__dirname, '../..');

/** The channel that docs/channels.md tells newcomers to write, and its spec: what they copy has to work. */
const [channel, spec] = [...readFileSync(join(ROOT, 'docs/channels.md'), 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(
  ([, code]) => code,
);

/** Writes what newcomers save in `src/notifications/channels/` to another folder. */
function write(file: string, code: string | undefined): string {
  if (code === undefined) throw new Error('docs/channels.md should start with a channel and its spec.');
  const path = join(directory, file);
  writeFileSync(
    path,
    code.replaceAll('../../../', `${ROOT}/`).replaceAll(`'../channel'`, `'${ROOT}/src/notifications/channel'`),
  );
  return path;
}

const directory = mkdtempSync(join(tmpdir(), 'hub-documented-'));

describe('the channel of docs/channels.md', () => {
  afterAll(() => rmSync(directory, { recursive: true }));

  describeChannel('chat', requireChannel(write('chat.channel.ts', channel)));

  describe('in the spec beside it', () => {
    // Declares its test.
    jest.requireActual(write('chat.channel.spec.ts', spec));
  });
});
