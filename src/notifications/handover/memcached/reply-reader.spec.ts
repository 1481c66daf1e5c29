import { ReplyReader } from './reply-reader';

const SENT = Buffer.from('VALUE state:1 0 4 17\r\n\r\n12\r\nEND\r\nSTORED\r\nEND\r\nSERVER_ERROR out of memory\r\n');

describe('what memcached sends', () => {
  it.each([1, 3, 7, SENT.length])('is cut into replies, however it arrives (%i bytes at a time)', (size) => {
    const reader = new ReplyReader();
    const replies = [];
    for (let at = 0; at < SENT.length; at += size) replies.push(...reader.read(SENT.subarray(at, at + size)));
    expect(replies.map(({ line, found }) => [line, found && [found.bytes.toString(), found.version]])).toEqual([
      ['VALUE state:1 0 4 17', ['\r\n12', '17']],
      ['STORED', undefined],
      ['END', undefined],
      ['SERVER_ERROR out of memory', undefined],
    ]);
  });

  it('is not taken for an answer when a value has no end', () => {
    expect(() => new ReplyReader().read(Buffer.from('VALUE a 0 2 1\r\nabcSTORED\r\n'))).toThrow('has no end');
  });

  it('is not collected for ever', () => {
    expect(() => new ReplyReader().read(Buffer.alloc(2_000_001, 'a'))).toThrow('does not end');
  });
});
