/** The wire, byte for byte. What is here was written once: another version of the protocol adds, and changes nothing. */
import { describe, expect, test } from 'vitest';
import {
  authorOf,
  type BlobName,
  type DeviceId,
  type DocumentId,
  type Epoch,
  type FolderId,
  fromHex,
  type RunId,
  sha256,
  toHex,
  utf8,
} from '../base/index.ts';
import {
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  type LogRecord,
  makeRecord,
  type Message,
  PROTOCOL_VERSION,
  RECORD_VERSION,
} from './index.ts';

const device = '000102030405060708090a0b0c0d0e0f' as DeviceId;
const author = authorOf(device, 'a0a1a2a3a4a5a6a7' as RunId);
const other = authorOf('ff'.repeat(16) as DeviceId, 'b0'.repeat(8) as RunId);
const folder = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff' as FolderId;
const epoch = 'e0e1e2e3e4e5e6e7e8e9eaebecedeeef' as Epoch;
const digest = fromHex('d0d1d2d3d4d5d6d7d8d9dadbdcdddedf');
const cursor = { epoch, seq: 300, digest };
const heads = new Map([
  [other, 2],
  [author, 2 ** 53 - 1],
]);
const document = 'tree0' as DocumentId;
const file = '0AAAAAAAAAAAAAAAA' as DocumentId;
const channel = 7;

const MESSAGES: readonly (readonly [Message, string])[] = [
  [
    { type: 'HELLO', version: 1, device, label: 'Zo\u00eb', token: 't', credit: undefined },
    '0001000102030405060708090a0b0c0d0e0f045a6fc3ab0174',
  ],
  [
    { type: 'WELCOME', version: 1, frameBytes: 16_777_216, recordBytes: 12_582_912, credit: undefined },
    '01018080800880808006',
  ],
  [
    { type: 'OPEN', channel, folder, create: true, cursor },
    '0207f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0110e0e1e2e3e4e5e6e7e8e9eaebecedeeefac02d0d1d2d3d4d5d6d7d8d9dadbdcdddedf',
  ],
  [
    { type: 'OPEN', channel, folder, create: false, cursor: undefined },
    '0207f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0000',
  ],
  [
    { type: 'OPENED', channel, cursor, grant: 'none', resumed: false },
    '030710e0e1e2e3e4e5e6e7e8e9eaebecedeeefac02d0d1d2d3d4d5d6d7d8d9dadbdcdddedf0000',
  ],
  [
    { type: 'OPENED', channel, cursor, grant: 'read', resumed: true },
    '030710e0e1e2e3e4e5e6e7e8e9eaebecedeeefac02d0d1d2d3d4d5d6d7d8d9dadbdcdddedf0101',
  ],
  [
    { type: 'OPENED', channel, cursor, grant: 'write', resumed: true },
    '030710e0e1e2e3e4e5e6e7e8e9eaebecedeeefac02d0d1d2d3d4d5d6d7d8d9dadbdcdddedf0201',
  ],
  [
    { type: 'CHANGED', channel, documents: [{ document, seq: 5, bytes: 130, heads }], through: undefined },
    '04070105747265653005820102000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7ffffffffffffff0fffffffffffffffffffffffffffffffffb0b0b0b0b0b0b0b00200',
  ],
  [
    { type: 'CHANGED', channel, documents: [], through: cursor },
    '04070010e0e1e2e3e4e5e6e7e8e9eaebecedeeefac02d0d1d2d3d4d5d6d7d8d9dadbdcdddedf',
  ],
  [
    {
      type: 'PULL',
      channel,
      documents: [
        { document, heads },
        { document: file, heads: new Map() },
      ],
    },
    '05070205747265653002000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7ffffffffffffff0fffffffffffffffffffffffffffffffffb0b0b0b0b0b0b0b00211304141414141414141414141414141414100',
  ],
  [
    { type: 'RECORDS', channel, records: [utf8('r')], done: [document, file] },
    '060701017202057472656530113041414141414141414141414141414141',
  ],
  [
    { type: 'LIVE', channel, through: { seq: 9, digest }, records: [utf8('r'), utf8('s')] },
    '070709d0d1d2d3d4d5d6d7d8d9dadbdcdddedf0201720173',
  ],
  [{ type: 'PUT', channel, records: [utf8('r')] }, '0807010172'],
  [
    { type: 'ACK', channel, counter: 4, through: { seq: 9, digest } },
    '09070409d0d1d2d3d4d5d6d7d8d9dadbdcdddedf',
  ],
  [
    { type: 'GAP', channel, document, heads },
    '0a0705747265653002000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7ffffffffffffff0fffffffffffffffffffffffffffffffffb0b0b0b0b0b0b0b002',
  ],
  [
    { type: 'REFUSED', channel, code: 'AUTH_DENIED', reason: 'no', retryAfter: 1000 },
    '0b070b415554485f44454e494544026e6fe807',
  ],
  [
    { type: 'UNTAKEN', channel, code: 'QUOTA_EXCEEDED', reason: 'no', retryAfter: 1000 },
    '13070e51554f54415f4558434545444544026e6fe807',
  ],
  [
    { type: 'AWARENESS', channel, document: file, state: utf8('x') },
    '0c071130414141414141414141414141414141410178',
  ],
  [{ type: 'LEAVE', channel }, '0d07'],
  [{ type: 'FAILED', code: 'INTERNAL', reason: 'why' }, '0e08494e5445524e414c03776879'],
  [{ type: 'PING' }, '0f'],
  [{ type: 'PONG' }, '10'],
  [
    { type: 'WANTED', channel, names: ['b0'.repeat(32) as BlobName, 'b1'.repeat(32) as BlobName] },
    `110702${'b0'.repeat(32)}${'b1'.repeat(32)}`,
  ],
  [{ type: 'STATES', channel }, '1207'],
  [
    { type: 'HELLO', version: 6, device, label: 'Zo\u00eb', token: 't', credit: 8_388_608 },
    '0006000102030405060708090a0b0c0d0e0f045a6fc3ab017480808004',
  ],
  [
    { type: 'WELCOME', version: 6, frameBytes: 16_777_216, recordBytes: 12_582_912, credit: 65_536 },
    '01068080800880808006808004',
  ],
  [{ type: 'CREDIT', channel, credit: 300 }, '1407ac02'],
  [
    { type: 'UNSENT', channel, documents: [document, file] },
    '150702057472656530113041414141414141414141414141414141',
  ],
];

const update = makeRecord({
  folder,
  document: file,
  author,
  counter: 3,
  prev: 1,
  time: 1_700_000_000_000,
  body: utf8('body'),
});
const RECORDS: readonly (readonly [string, LogRecord, string])[] = [
  [
    'an update',
    update,
    '0100f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff113041414141414141414141414141414141000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7030180d095ffbc3100230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5626f6479',
  ],
  [
    'an update of a group, with clocks and a blob',
    makeRecord({
      folder,
      document,
      author,
      counter: 4,
      prev: 0,
      time: 0,
      clocks: [{ client: 2 ** 53 - 1, clock: 0, length: 130 }],
      group: { first: 3, size: 2 },
      blobs: ['b0'.repeat(32) as BlobName],
      body: utf8('body'),
    }),
    '0124f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff057472656530000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a704000001ffffffffffffff0f008201030201b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5626f6479',
  ],
  [
    'a snapshot',
    makeRecord({
      folder,
      document,
      author,
      counter: 5,
      prev: 4,
      time: 0,
      kind: 'snapshot',
      covers: heads,
      body: utf8(''),
    }),
    '0112f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff057472656530000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7050400000102000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7ffffffffffffff0fffffffffffffffffffffffffffffffffb0b0b0b0b0b0b0b002e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ],
  [
    'a sealed and signed record of another generation',
    { ...update, header: { ...update.header, generation: 1, keyId: 2, signature: utf8('sig') } },
    '0149f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff113041414141414141414141414141414141000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7030180d095ffbc3100010203736967230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5626f6479',
  ],
];

test('every type of message has golden bytes', () => {
  expect(new Set(MESSAGES.map(([{ type }]) => type)).size).toBe(22);
});

describe('messages', () => {
  test.each(MESSAGES.map(([message, bytes]) => [message.type, bytes, message] as const))(
    '%s is %s',
    (_type, bytes, message) => {
      expect(toHex(encodeMessage(message))).toBe(bytes);
      expect(decodeMessage(fromHex(bytes))).toEqual(message);
    },
  );
});

test('a HELLO of a later version is read, whatever that has behind it, and no other message', () => {
  const later = encodeMessage({ type: 'HELLO', version: 99, device, label: '', token: '', credit: 1 });
  expect(decodeMessage(Uint8Array.of(...later, 1, 2, 3))).toMatchObject({ type: 'HELLO', version: 99 });
  const version = PROTOCOL_VERSION;
  const present = encodeMessage({ type: 'HELLO', version, device, label: '', token: '', credit: 1 });
  expect(() => decodeMessage(Uint8Array.of(...present, 1))).toThrow('1 bytes follow the end');
});

describe('records', () => {
  test.each(RECORDS)('%s has its bytes', (_what, record, bytes) => {
    expect(toHex(encodeRecord(record))).toBe(bytes);
    expect(decodeRecord(fromHex(bytes))).toEqual(record);
  });
});

test('a record is none whose header leaves no room in a frame for what stands around it', () => {
  const { header } = update;
  const clock = { client: 2 ** 32 - 1, clock: 2 ** 52, length: 2 ** 52 };
  const blobs = Array.from({ length: 4096 }, () => 'b0'.repeat(32) as BlobName);
  const withHeader = (ranges: number, authors: number): Uint8Array => {
    const runs = Array.from({ length: authors }, (_, i) => i.toString(16).padStart(16, '0') as RunId);
    const covers = new Map(runs.map((run) => [authorOf(device, run), 1]));
    const clocks = Array.from({ length: ranges }, () => clock);
    return encodeRecord({ ...update, header: { ...header, clocks, covers, blobs } });
  };
  // The most that may be of one kind is far from it.
  expect(decodeRecord(withHeader(100_000, 0)).header.clocks).toHaveLength(100_000);
  expect(decodeRecord(withHeader(0, 100_000)).header.covers.size).toBe(100_000);
  expect(() => decodeRecord(withHeader(100_000, 100_000))).toThrow('the header is too long');
});

test('the bytes change only with the version that they are the bytes of', () => {
  const table = [...MESSAGES.map(([, bytes]) => bytes), ...RECORDS.map(([, , bytes]) => bytes)].join('\n');
  const known: Record<string, string> = {
    '1.1': 'd556d13cfe14a5070b28ad2d01e33a4b',
    '2.1': 'cceaa4ff9a32aacf8fbe1a3162b49204',
    '3.1': 'cc8337001ac2f656bd84994cec3d717f',
    '4.1': 'cc8337001ac2f656bd84994cec3d717f',
    '5.1': 'ea9f6b34e43bae10aa09158d6ed419a4',
    '6.1': '2fd67b081a5ca49fd7a43064836e5162',
  };
  expect(toHex(sha256(utf8(table))).slice(0, 32)).toBe(known[`${PROTOCOL_VERSION}.${RECORD_VERSION}`]);
});
