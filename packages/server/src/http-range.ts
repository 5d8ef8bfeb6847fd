/** The `Range` of a request, as far as blobs need it: one range with a beginning. Any other is passed over, as HTTP allows. */

/** From a byte up to, but without, another. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

export function rangeFrom(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(header ?? '');
  if (match === null) return undefined;
  const from = Number(match[1]);
  const last = match[2] === undefined ? size - 1 : Number(match[2]);
  if (last < from && match[2] !== undefined) return undefined;
  return from < size ? { from, to: Math.min(last + 1, size) } : 'unsatisfiable';
}
