/** Counts the WebSocket frames of one direction of a connection without looking at what they hold. */
const HEAD_END = Buffer.from('\r\n\r\n');

export class FrameCounter {
  /** Bytes of the HTTP request or response that opened the WebSocket. */
  upgradeBytes = 0;
  dataFrames = 0;
  /** Ping, pong and close. */
  controlFrames = 0;
  #isUpgraded = false;
  /** Bytes that are not counted yet: the part of a head that has arrived. */
  #partial: Buffer = Buffer.alloc(0);
  /** Bytes of the current frame's payload that are still to come. */
  #payload = 0;

  add(chunk: Buffer): void {
    let rest = Buffer.concat([this.#partial, chunk]);
    if (!this.#isUpgraded) {
      const end = rest.indexOf(HEAD_END);
      if (end === -1) {
        this.#partial = rest;
        return;
      }
      this.#isUpgraded = true;
      this.upgradeBytes = end + HEAD_END.length;
      rest = rest.subarray(this.upgradeBytes);
    }
    this.#partial = this.#frames(rest);
  }

  /** Returns the bytes of a frame's head that is not complete. */
  #frames(bytes: Buffer): Buffer {
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#payload, bytes.length - at);
      this.#payload -= skipped;
      at += skipped;
      const head = headOf(bytes, at);
      if (head === undefined) return bytes.subarray(at);
      if (head.isControl) this.controlFrames++;
      else this.dataFrames++;
      this.#payload = head.payload;
      at += head.bytes;
    }
  }
}

/** RFC 6455, section 5.2. */
function headOf(
  frame: Buffer,
  at: number,
): { bytes: number; payload: number; isControl: boolean } | undefined {
  if (frame.length < at + 2) return undefined;
  const isMasked = (frame[at + 1]! & 0x80) !== 0;
  const short = frame[at + 1]! & 0x7f;
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
  const bytes = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (frame.length < at + bytes) return undefined;
  const payload =
    short === 127
      ? Number(frame.readBigUInt64BE(at + 2))
      : short === 126
        ? frame.readUInt16BE(at + 2)
        : short;
  return { bytes, payload, isControl: (frame[at]! & 0x08) !== 0 };
}
