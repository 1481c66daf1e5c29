import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChannel } from '../../src/notifications/load-channels';
import { describeChannel } from './channel-contract';

/** The channel that docs/channels.md tells newcomers to write: what they copy has to pass the suite. */
function writeDocumentedChannel(directory: string): string {
  const guide = readFileSync(join(__dirname, '../../docs/channels.md'), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(guide) ?? [];
  if (code === undefined) throw new Error('docs/channels.md shows no channel any more: it should start with one.');
  const file = join(directory, 'chat.channel.ts');
  writeFileSync(file, code.replace("'../channel'", JSON.stringify(join(__dirname, '../../src/notifications/channel'))));
  return file;
}

const directory = mkdtempSync(join(tmpdir(), 'hub-documented-'));

describe('the channel of docs/channels.md', () => {
  afterAll(() => rmSync(directory, { recursive: true }));

  describeChannel('chat', requireChannel(writeDocumentedChannel(directory)));
});
