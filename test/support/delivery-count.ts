import type { Socket } from 'node:net';

const METHOD_FRAME = 1;
const HEADER_BYTES = 7;
/** basic.deliver */
const CLASS = 60;
const METHOD = 60;

/**
 * Counts what a broker hands out, by what it says on the wire (AMQP 0-9-1, `basic.deliver`): the broker's own word on
 * which messages were handed out before.
 */
export class DeliveryCount {
  delivered = 0;
  redelivered = 0;
  private readonly rest = new Map<Socket, Buffer>();

  /** Takes bytes as they come; frames may be cut anywhere. */
  readonly hear = (data: Buffer, connection: Socket): void => {
    let buffer = Buffer.concat([this.rest.get(connection) ?? Buffer.alloc(0), data]);
    while (buffer.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + buffer.readUInt32BE(3) + 1;
      if (buffer.length < end) break;
      if (buffer.readUInt8(0) === METHOD_FRAME) this.read(buffer.subarray(HEADER_BYTES, end - 1));
      buffer = buffer.subarray(end);
    }
    this.rest.set(connection, buffer);
  };

  private read(payload: Buffer): void {
    if (payload.readUInt16BE(0) !== CLASS || payload.readUInt16BE(2) !== METHOD) return;
    const tagBytes = payload.readUInt8(4);
    this.delivered += 1;
    // After the consumer's tag and the delivery's number comes one bit.
    if ((payload.readUInt8(5 + tagBytes + 8) & 1) === 1) this.redelivered += 1;
  }
}
