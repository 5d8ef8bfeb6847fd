/**
 * Laws of the wire.
 *
 * - What is encoded decodes to the same.
 * - L12: any bytes at all either are a message or a record, or are refused by name; nothing else is thrown, and a count
 *   that promises more than the bytes hold allocates nothing.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  authorFromBytes,
  type BlobName,
  type DeviceId,
  type DocumentId,
  type Epoch,
  type FolderId,
  toHex,
} from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  CREDIT_VERSION,
  type Cursor,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  type Grant,
  type LogRecord,
  makeRecord,
  type Message,
  Writer,
} from './index.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 300);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const raw = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const hex = <T extends string>(length: number): fc.Arbitrary<T> =>
  raw(length).map((bytes) => toHex(bytes) as T);
const uint = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat());
const counter = uint.map((n) => Math.max(1, n));
const bytes = fc.uint8Array({ maxLength: 40 });
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const document = fc.stringMatching(/^[A-Za-z0-9._~-]{1,64}$/).map((id) => id as DocumentId);
const author = raw(24).map(authorFromBytes);
const heads = fc.array(fc.tuple(author, counter), { maxLength: 4 }).map((entries) => new Map(entries));
const position = fc.record({ seq: uint, digest: raw(16) });
const cursor: fc.Arbitrary<Cursor> = fc.record({ epoch: hex<Epoch>(16), seq: uint, digest: raw(16) });
const maybe = fc.option(cursor, { nil: undefined });
const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });

const type = <T extends Message['type']>(value: T): fc.Arbitrary<T> => fc.constant(value);
const channel = uint;
const firstCredit = { version: fc.oneof(fc.nat({ max: 9 }), uint), credit: uint };
/** Older versions have none. */
const withFirstCredit = <T extends { version: number; credit: number }>(
  one: T,
): Omit<T, 'credit'> & { credit: number | undefined } => ({
  ...one,
  credit: one.version >= CREDIT_VERSION ? one.credit : undefined,
});
const message: fc.Arbitrary<Message> = fc.oneof(
  fc
    .record({ type: type('HELLO'), device: hex<DeviceId>(16), label: text, token: text, ...firstCredit })
    .map(withFirstCredit),
  fc
    .record({ type: type('WELCOME'), frameBytes: uint, recordBytes: uint, ...firstCredit })
    .map(withFirstCredit),
  fc.record({ type: type('OPEN'), channel, folder: hex<FolderId>(16), create: fc.boolean(), cursor: maybe }),
  fc.record({
    type: type('OPENED'),
    channel,
    cursor,
    grant: fc.constantFrom<Grant>('none', 'read', 'write'),
    resumed: fc.boolean(),
  }),
  fc.record({
    type: type('CHANGED'),
    channel,
    documents: list(fc.record({ document, seq: uint, bytes: uint, heads })),
    through: maybe,
  }),
  fc.record({ type: type('PULL'), channel, documents: list(fc.record({ document, heads })) }),
  fc.record({ type: type('RECORDS'), channel, records: list(bytes), done: list(document) }),
  fc.record({ type: type('LIVE'), channel, through: position, records: list(bytes) }),
  fc.record({ type: type('PUT'), channel, records: list(bytes) }),
  fc.record({ type: type('ACK'), channel, counter: uint, through: position }),
  fc.record({ type: type('GAP'), channel, document, heads }),
  fc.record({ type: type('REFUSED'), channel, code: text, reason: text, retryAfter: uint }),
  fc.record({ type: type('UNTAKEN'), channel, code: text, reason: text, retryAfter: uint }),
  fc.record({ type: type('AWARENESS'), channel, document, state: bytes }),
  fc.record({ type: type('LEAVE'), channel }),
  fc.record({ type: type('FAILED'), code: text, reason: text }),
  fc.record({ type: type('PING') }),
  fc.record({ type: type('PONG') }),
  fc.record({ type: type('WANTED'), channel, names: list(hex<BlobName>(32)) }),
  fc.record({ type: type('CREDIT'), channel, credit: uint }),
  fc.record({ type: type('UNSENT'), channel, documents: list(document) }),
);

const record: fc.Arbitrary<LogRecord> = fc
  .record({
    folder: hex<FolderId>(16),
    document,
    author,
    counter: fc.integer({ min: 2, max: 2 ** 53 - 1 }),
    time: uint,
    clocks: list(fc.record({ client: uint, clock: uint, length: uint })),
    isGrouped: fc.boolean(),
    kind: fc.constantFrom('update' as const, 'snapshot' as const),
    covers: heads,
    blobs: list(hex<BlobName>(32)),
    body: bytes,
  })
  .map(({ isGrouped, ...fields }) => {
    const group = isGrouped ? { first: fields.counter - 1, size: 2 } : undefined;
    return makeRecord({ ...fields, group, prev: fields.counter - 1 });
  });

describe('what is encoded decodes to the same', () => {
  test('messages', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(message, (one) => {
        expect(decodeMessage(encodeMessage(one))).toEqual(one);
        seen.add(one.type);
      }),
      PARAMETERS,
    );
    expect(seen.size).toBeGreaterThan(10);
  });

  test('records', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(decodeRecord(encodeRecord(one))).toEqual(one);
      }),
      PARAMETERS,
    );
  });
});

describe('any bytes at all', () => {
  /** What becomes of the bytes: `undefined`, or the code with which they are refused. */
  const fate = (decode: () => unknown): string | undefined => {
    try {
      decode();
      return undefined;
    } catch (error) {
      if (isEvermeshError(error)) return error.code;
      throw error;
    }
  };

  /** Some bytes changed, taken away, or put in. */
  const mutated = (good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
    fc
      .tuple(
        good,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 2 })), {
          minLength: 1,
          maxLength: 3,
        }),
      )
      .map(([from, edits]) => {
        const to = [...from];
        for (const [at, value, how] of edits) {
          const index = at % (to.length + 1);
          if (how === 0) to.splice(index, 1);
          else to.splice(index, how === 1 ? 1 : 0, value);
        }
        return Uint8Array.from(to);
      });

  test('are a message or MESSAGE_MALFORMED', () => {
    const fates = new Set<string | undefined>();
    const any = fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated(message.map(encodeMessage)));
    fc.assert(
      fc.property(any, (frame) => {
        fates.add(fate(() => decodeMessage(frame)));
      }),
      PARAMETERS,
    );
    expect(fates).toEqual(new Set(['MESSAGE_MALFORMED', undefined]));
  });

  test('are a record, RECORD_MALFORMED, or of a later format', () => {
    const fates = new Set<string | undefined>();
    const later = record.map(encodeRecord).map((good) => {
      good[0] = 2;
      return good;
    });
    const any = fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated(record.map(encodeRecord)), later);
    fc.assert(
      fc.property(any, (input) => {
        fates.add(fate(() => decodeRecord(input)));
      }),
      PARAMETERS,
    );
    fates.delete(undefined);
    expect(fates).toEqual(new Set(['FORMAT_TOO_NEW', 'RECORD_MALFORMED']));
  });

  test('a record of format 0 never was', () => {
    fc.assert(
      fc.property(record.map(encodeRecord), (good) => {
        good[0] = 0;
        expect(fate(() => decodeRecord(good))).toBe('RECORD_MALFORMED');
      }),
      PARAMETERS,
    );
  });

  test.each([
    ['documents', 5, 99_999],
    ['records', 8, 99_999],
    ['records', 8, 2 ** 40],
  ])('%s that are promised and do not come are refused before anything is allocated', (_what, tag, count) => {
    const frame = new Writer().byte(tag).uint(1).uint(count).finish();
    expect(fate(() => decodeMessage(frame))).toBe('MESSAGE_MALFORMED');
  });

  test.each([
    ['a number beyond 2^53', [0x0d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a number of nine bytes', [0x0d, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['bytes behind the end', [0x0f, 0x00]],
    ['an unknown type', [0x11]],
    ['nothing', []],
    ['text that is not UTF-8', [0x0e, 0x01, 0xff, 0x00]],
    ['a flag of 2', [0x02, 0x01, ...Array<number>(16).fill(0), 0x02, 0x00]],
  ])('%s is refused', (_what, frame) => {
    expect(fate(() => decodeMessage(Uint8Array.from(frame)))).toBe('MESSAGE_MALFORMED');
  });
});
