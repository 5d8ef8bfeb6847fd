import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeUint8,
  writeUint8Array,
  writeVarUint,
} from 'lib0/encoding';
import { utf8 } from '../base/index.ts';

/** Writes what `Reader` reads. */
export class Writer {
  readonly #encoder: Encoder = createEncoder();

  byte(value: number): this {
    writeUint8(this.#encoder, value);
    return this;
  }

  uint(value: number): this {
    writeVarUint(this.#encoder, value);
    return this;
  }

  raw(bytes: Uint8Array): this {
    writeUint8Array(this.#encoder, bytes);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.byteLength).raw(bytes);
  }

  text(text: string): this {
    return this.bytes(utf8(text));
  }

  finish(): Uint8Array {
    return toUint8Array(this.#encoder);
  }
}
