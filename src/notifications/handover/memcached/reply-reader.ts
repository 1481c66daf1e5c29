/** What memcached answers to one command. */
export interface Reply {
  /** The line, without its end: `STORED`, `NOT_STORED`, `SERVER_ERROR …`; `END` when a key was not found. */
  readonly line: string;
  /** A value that was found. */
  readonly found?: Found;
}

export interface Found {
  readonly bytes: Buffer;
  /** Changes with every write of the key: hand it back to write only over what was read. */
  readonly version: string;
}

const LINE_END = '\r\n';
const AFTER_VALUE = '\r\nEND\r\n';
/** No value of ours comes near; memcached itself takes up to a megabyte. */
const MOST_BYTES = 2_000_000;

/** Cuts what memcached sends into replies (its text protocol, as far as `gets`, `add` and `cas` are answered). */
export class ReplyReader {
  private pending = Buffer.alloc(0);

  /** @throws Error when what comes is no answer that memcached gives */
  read(chunk: Buffer): Reply[] {
    this.pending = Buffer.concat([this.pending, chunk]);
    const replies: Reply[] = [];
    for (let reply = this.next(); reply; reply = this.next()) replies.push(reply);
    if (this.pending.length > MOST_BYTES) throw new Error('its answer does not end');
    return replies;
  }

  private next(): Reply | undefined {
    const lineEnd = this.pending.indexOf(LINE_END);
    if (lineEnd < 0) return undefined;
    const line = this.pending.toString('latin1', 0, lineEnd);
    const begins = lineEnd + LINE_END.length;
    const [, length, version] = /^VALUE \S+ \d+ (\d{1,9}) (\d+)$/.exec(line) ?? [];
    if (length === undefined || version === undefined) {
      this.pending = this.pending.subarray(begins);
      return { line };
    }
    const ends = begins + Number(length);
    const over = ends + AFTER_VALUE.length;
    if (this.pending.length < over) return undefined;
    const bytes = this.pending.subarray(begins, ends);
    if (this.pending.toString('latin1', ends, over) !== AFTER_VALUE) throw new Error('its answer has no end');
    this.pending = this.pending.subarray(over);
    return { line, found: { bytes, version } };
  }
}
