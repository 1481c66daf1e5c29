import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { compileHub, OUT } from '../support/hub-process';

const SCRIPT = join(__dirname, '../../scripts/chaos.mjs');

const FAULTS = ['replica kills itself between two steps', 'replica never comes back', 'broker killed', 'database away'];

describe('a short chaos', () => {
  beforeAll(() => compileHub('tsconfig.json'), 120_000);

  it('loses nothing, doubles nothing, gets nothing wrong and leaves nothing behind', async () => {
    const env = { ...process.env, HUB_CHAOS_DIST: OUT };
    const args = ['--seed', '1', '--minutes', '0.1', '--replicas', '2', '--rate', '5', '--faults', FAULTS.join()];
    const child = spawn(process.execPath, [SCRIPT, ...args], { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];

    expect(output.trimEnd().split('\n').slice(-5)).toEqual([
      expect.stringMatching(/^[4-9] faults \(4 of 4 kinds\) in /),
      expect.stringMatching(/^\d{3,} messages confirmed by the broker, /),
      expect.stringMatching(/^\d{2,} tellings, /),
      expect.stringMatching(/^\d+ tellings that met a fault came after its end within /),
      'lost 0 wrong 0 doubled 0 stuck 0',
    ]);
    expect(code).toBe(0);
  }, 240_000);
});
