import fc from 'fast-check';
import { cutToBytes, noticeLines, plainValue, sayCommand } from './lines';

const asIs = (line: string): string => line;

describe('noticeLines', () => {
  it('makes one line of each line of each template, and none of blank ones', () => {
    expect(noticeLines(['a\nb\r\nc\rd', ' ', '', 'e'], asIs)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('leaves out a line that is blank once its variables are filled in', () => {
    expect(noticeLines(['a', '%{pull_request_url}'], (line) => (line === 'a' ? line : ''))).toEqual(['a']);
  });

  it('says no more than twenty lines', () => {
    expect(noticeLines(['x\n'.repeat(100)], asIs)).toHaveLength(20);
  });

  it('keeps what makes text bold and coloured, and nothing else that controls', () => {
    expect(noticeLines(['\x02bold\x02 \x0304red\x0f \x01ACTION waves\x01 \x00\x07end'], asIs)).toEqual([
      '\x02bold\x02 \x0304red\x0f  ACTION waves   end',
    ]);
  });

  it('never breaks a line where a value breaks, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const [line = '', ...rest] = noticeLines(['say: %{x}'], () => `say: ${value}`);
        expect(rest).toEqual([]);
        for (const control of ['\r', '\n', '\0', '\x01']) expect(line).not.toContain(control);
      }),
    );
  });
});

describe('plainValue', () => {
  it('leaves nothing in a value that a client would take for a command or a colour', () => {
    expect(plainValue('fix\r\nQUIT :bye\0\x01DCC\x01\x0304red\x85')).toBe('fix QUIT :bye DCC 04red ');
  });

  it('mends a value that is no Unicode', () => {
    expect(plainValue('a\ud800b')).toBe('a\ufffdb');
  });
});

describe('sayCommand', () => {
  it('writes the command, the channel and the text', () => {
    expect(sayCommand('NOTICE', '#builds', ':) all is well', 'hub')).toBe('NOTICE #builds ::) all is well');
  });

  it('leaves room in 512 bytes for the sender whom servers put in front, and the line break', () => {
    const line = sayCommand('PRIVMSG', '#builds', '🚧'.repeat(500), 'travis-ci');
    const sender = `:travis-ci!~${'u'.repeat(10)}@${'h'.repeat(63)} `;
    const bytes = Buffer.byteLength(`${sender}${line}\r\n`);
    expect(bytes).toBeLessThanOrEqual(512);
    expect(bytes).toBeGreaterThan(505);
    expect(line).toMatch(/^PRIVMSG #builds :🚧+…$/u);
  });
});

describe('cutToBytes', () => {
  it('keeps what fits', () => {
    expect(cutToBytes('grün', 5)).toBe('grün');
  });

  it('cuts at characters, whatever they are, and never goes over', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 60 }), (text, bytes) => {
        const cut = cutToBytes(text, bytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        expect(cut.isWellFormed()).toBe(true);
        expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true);
      }),
    );
  });
});
