/** CRC-32C (Castagnoli), with which LevelDB guards every block of a table and every piece of a log. */

const POLYNOMIAL = 0x82f63b78;
/** Eight tables of 256 numbers behind each other: the effect of a byte that is followed by 0 to 7 others. */
const TABLE = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  TABLE[byte] = value;
}
for (let i = 256; i < TABLE.length; i++) {
  const before = TABLE[i - 256] as number;
  TABLE[i] = (before >>> 8) ^ (TABLE[before & 255] as number);
}
const effect = (byte: number, followers: number): number => TABLE[followers * 256 + (byte & 255)] as number;

/** The checksum of these bytes, 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength - (bytes.byteLength % 8);
  let crc = -1;
  for (let i = 0; i < whole; i += 8) {
    const low = crc ^ view.getInt32(i, true);
    const high = view.getInt32(i + 4, true);
    crc =
      effect(low, 7) ^
      effect(low >>> 8, 6) ^
      effect(low >>> 16, 5) ^
      effect(low >>> 24, 4) ^
      effect(high, 3) ^
      effect(high >>> 8, 2) ^
      effect(high >>> 16, 1) ^
      effect(high >>> 24, 0);
  }
  for (let i = whole; i < bytes.byteLength; i++) crc = effect(crc ^ view.getUint8(i), 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** LevelDB stores checksums turned and shifted, so that the checksum of bytes that hold checksums is a good one. */
export function isGuardedBy(bytes: Uint8Array, stored: number): boolean {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0 === stored;
}
