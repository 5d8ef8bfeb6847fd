/**
 * A log of LevelDB: blocks of 32 KiB, in them pieces of entries, each guarded by a checksum. Batches of rows are logged so, and
 * what says which tables there are.
 */
import { BytesReader } from './bytes-reader.ts';
import { isGuardedBy } from './crc32c.ts';

const BLOCK = 32 * 1024;
const HEADER = 7;
/** Kinds of pieces: a whole entry, or a part of one; 2 is the first part. */
const [FULL, MIDDLE, LAST] = [1, 3, 4] as const;

export type LogItem =
  | { readonly type: 'entry'; readonly at: number; readonly bytes: Uint8Array }
  /** From `at` on something cannot be read. Whole entries may follow. */
  | { readonly type: 'damage'; readonly at: number };

interface Piece {
  readonly at: number;
  readonly end: number;
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Everything in a log, in its order. */
export function* readLog(log: Uint8Array): Generator<LogItem> {
  let begun: Piece[] = [];
  /** Where the pieces end that make sense one behind the other. */
  let end = 0;
  for (const piece of piecesOf(log)) {
    const isLost = piece.at > end && !isPadding(log, end, piece.at);
    const continues = piece.kind === MIDDLE || piece.kind === LAST;
    if (isLost || continues === (begun.length === 0)) {
      yield { type: 'damage', at: begun[0]?.at ?? end };
      begun = [];
    }
    end = piece.end;
    if (continues && begun.length === 0) continue;
    begun.push(piece);
    if (piece.kind !== FULL && piece.kind !== LAST) continue;
    yield { type: 'entry', at: (begun[0] as Piece).at, bytes: joined(begun) };
    begun = [];
  }
  const rest = begun[0]?.at ?? end;
  if (begun.length > 0 || !isPadding(log, rest, log.byteLength)) yield { type: 'damage', at: rest };
}

/** Every piece whose checksum holds. Where none begins, one is looked for byte by byte: a checksum is hardly met by chance. */
function* piecesOf(log: Uint8Array): Generator<Piece> {
  for (let at = 0; at + HEADER <= log.byteLength;) {
    const left = BLOCK - (at % BLOCK);
    const piece = left < HEADER ? undefined : pieceAt(log, at, left);
    if (piece !== undefined) yield piece;
    at = piece?.end ?? (left <= HEADER ? at + left : at + 1);
  }
}

function pieceAt(log: Uint8Array, at: number, left: number): Piece | undefined {
  const kind = log[at + 6] as number;
  const length = (log[at + 4] as number) + 256 * (log[at + 5] as number);
  const end = at + HEADER + length;
  if (kind < FULL || kind > LAST || HEADER + length > left || end > log.byteLength) return undefined;
  const stored = new BytesReader(log, at).uint32();
  // The kind is guarded together with what follows it.
  if (!isGuardedBy(log.subarray(at + 6, end), stored)) return undefined;
  return { at, end, kind, bytes: log.subarray(at + HEADER, end) };
}

/** Too few bytes for a piece are left over at the end of a block, and are zeros. */
const isPadding = (log: Uint8Array, from: number, to: number): boolean =>
  to - from < HEADER &&
  (from === to || to % BLOCK === 0) &&
  log.subarray(from, to).every((byte) => byte === 0);

function joined(pieces: readonly Piece[]): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first.bytes;
  const whole = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    whole.set(bytes, at);
    at += bytes.byteLength;
  }
  return whole;
}
