/** A method frame: class and method as AMQP 0-9-1 numbers them, and the method's arguments. */
export type OnMethod = (channel: number, classId: number, methodId: number, args: Buffer) => void;

const HEADER = 7; // type (1), channel (2), size of the payload (4)
const END_MARK = 1;
const METHOD = 1;

/** Finds the method frames in one direction of an AMQP 0-9-1 connection, however the bytes are cut into chunks. */
export class MethodFrames {
  private rest: Buffer = Buffer.alloc(0);

  /** @param skip bytes before the first frame */
  constructor(
    private skip: number,
    private readonly onMethod: OnMethod,
  ) {}

  read(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const skipped = Math.min(this.skip, bytes.length);
    this.skip -= skipped;
    bytes = bytes.subarray(skipped);
    while (bytes.length >= HEADER) {
      const size = bytes.readUInt32BE(3);
      const end = HEADER + size + END_MARK;
      if (bytes.length < end) break;
      if (bytes.readUInt8(0) === METHOD) {
        const payload = bytes.subarray(HEADER, HEADER + size);
        this.onMethod(bytes.readUInt16BE(1), payload.readUInt16BE(0), payload.readUInt16BE(2), payload.subarray(4));
      }
      bytes = bytes.subarray(end);
    }
    this.rest = Buffer.from(bytes);
  }
}
