/** Which missing blobs nobody has to answer for. */
import type { BlobName, FolderId } from '@evermesh/core';
import { concatBytes, sha256, toHex, utf8 } from '@evermesh/core/base';
import { blobKey, wantedBlobKey } from '@evermesh/core/log';
import { beforeEach, expect, test } from 'vitest';
import { POSIX } from './inode.ts';
import { lostBlobs, lostContents } from './lost-blobs.ts';
import { SimDisk } from './sim-disk.ts';
import { SimFiles } from './sim-files.ts';

const FOLDER = 'f'.repeat(32) as FolderId;
const BYTES = utf8('what only Anna had');
const NAME = toHex(sha256(BYTES)) as BlobName;
const NOTHING = new Uint8Array();

interface Place {
  readonly disk: SimDisk;
  readonly files: SimFiles | undefined;
  readonly attached: Uint8Array[];
}

const place = (): Place => ({
  disk: new SimDisk(),
  files: new SimFiles(POSIX, () => 0),
  attached: [],
});

let anna: Place;
let ben: Place;
let relay: Place;

/** Anna writes something, the relay takes it, and Ben is told that it is there. */
beforeEach(() => {
  [anna, ben, relay] = [place(), place(), place()];
  anna.disk.writeBlob(NAME, BYTES);
  relay.disk.writeBlob(NAME, BYTES);
  relay.disk.promises([NAME]);
  ben.disk.write([{ type: 'put', key: wantedBlobKey(FOLDER, NAME), value: NOTHING }], true);
});

const lost = (): BlobName[] =>
  lostBlobs({ relays: [relay], everybody: [anna, ben], folder: FOLDER }).map(({ name }) => name);

/** Every disk that had it is gone. */
function lose(): void {
  anna.disk.replace();
  relay.disk.replace();
}

test('a blob that somebody waits for is lost when every disk that had it is', () => {
  lose();
  expect(lost()).toEqual([NAME]);
  anna.disk.writeBlob(NAME, BYTES);
  expect(lost()).toEqual([]);
});

const isHere: Record<string, () => void> = {
  'one of the disks is the one that it was': () => anna.disk.replace(),
  'a disk is back that had it': () => {
    const image = relay.disk.copy();
    lose();
    relay.disk.replace(image);
  },
  'another device fetched it, into its store': () => {
    lose();
    ben.disk.write([{ type: 'put', key: blobKey(NAME), value: BYTES }], false);
  },
  'it lies in a directory that somebody mirrors': () => {
    lose();
    ben.files?.write(ben.files.create('/shared', 0o644), BYTES);
  },
};

test.each(Object.entries(isHere))('none is lost as long as %s', (_where, befall) => {
  befall();
  expect(lost()).toEqual([]);
});

const isLostByMistake: Record<string, () => void> = {
  'said that it had it, and had not': () => {
    lose();
    relay.disk.promises([NAME]);
  },
  'wrote it durably, and removed it': () => {
    lose();
    ben.disk.writeBlob(NAME, BYTES);
    ben.disk.blobs.delete(NAME);
  },
  'wrote it durably into its store, and removed it': () => {
    lose();
    const key = blobKey(NAME);
    ben.disk.write([{ type: 'put', key, value: BYTES }], true);
    ben.disk.write([{ type: 'del', key }], true);
  },
  'had it when its backup was made, and removed it since': () => {
    const image = relay.disk.copy();
    lose();
    relay.disk.replace(image);
    relay.disk.blobs.delete(NAME);
  },
};

test.each(Object.entries(isLostByMistake))('one is missed of which somebody %s', (_what, befall) => {
  befall();
  expect(lost()).toEqual([]);
});

test('one that nobody waits for, or that no disk ever had, is not looked for', () => {
  lose();
  ben.disk.write([{ type: 'del', key: wantedBlobKey(FOLDER, NAME) }], true);
  const unknown = '0'.repeat(64) as BlobName;
  ben.disk.write([{ type: 'put', key: wantedBlobKey(FOLDER, unknown), value: NOTHING }], true);
  expect(lost()).toEqual([]);
});

test('a content in chunks is lost when one of them that nothing else has is on no disk any more, and somebody waits', () => {
  const [first, last] = [utf8('乒xx'), utf8('xx乓')];
  anna.attached.push(concatBytes([first, last]));
  const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;
  const contents = (): number =>
    lostContents({ relays: [relay], everybody: [anna, ben], folder: FOLDER }).length;
  // Nobody has them yet, for all that anybody knows: somebody has to answer for that.
  expect(contents()).toBe(0);
  for (const { disk } of [anna, relay])
    for (const bytes of [first, last]) disk.writeBlob(nameOf(bytes), bytes);
  anna.disk.replace();
  expect(contents()).toBe(0);
  relay.disk.replace();
  expect(contents()).toBe(1);
  // Ben has one of them in his store, and the other in a file.
  ben.disk.write([{ type: 'put', key: blobKey(nameOf(first)), value: first }], true);
  expect(contents()).toBe(1);
  ben.disk.writeBlob(nameOf(last), last);
  expect(contents()).toBe(0);
  ben.disk.replace();
  expect(contents()).toBe(0);
  ben.disk.write([{ type: 'put', key: wantedBlobKey(FOLDER, NAME), value: NOTHING }], true);
  expect(contents()).toBe(1);
});
