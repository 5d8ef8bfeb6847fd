/** Fixtures, opened by the newest code: a device, a relay, and somebody new who comes to the folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore, Folder, FolderId } from '@evermesh/core';
import { onTestFinished } from 'vitest';
import { CastDevice, CastRelay } from './cast.ts';
import { blobStoreOf, type Fixture, FIXTURES, storeOf, unpacked } from './fixture.ts';

const idOf = ({ folder }: Fixture): FolderId => folder as FolderId;

/** @param of a file beside others of its format */
export async function fixtureOf(
  format: string,
  of: 'device' | 'relay' | 'large-device' | 'large-relay',
): Promise<Fixture> {
  return unpacked(await readFile(join(FIXTURES, format, `${of}.json.gz`)));
}

/** @param blobs what lies beside its store; default: what lay there */
export async function openDevice(
  fixture: Fixture,
  blobs?: BlobStore,
): Promise<{ device: CastDevice; folder: Folder }> {
  const device = new CastDevice('ada again', await storeOf(fixture), blobs ?? (await blobStoreOf(fixture)));
  onTestFinished(() => device.close());
  return { device, folder: await (await device.open()).folder(idOf(fixture)) };
}

export async function openRelay(fixture: Fixture): Promise<CastRelay> {
  const relay = new CastRelay(await storeOf(fixture), await blobStoreOf(fixture));
  await relay.start();
  onTestFinished(() => relay.stop());
  return relay;
}

export async function newDevice(
  name: string,
  { folder }: Fixture,
): Promise<{ device: CastDevice; folder: Folder }> {
  const device = new CastDevice(name);
  onTestFinished(() => device.close());
  return { device, folder: await device.folder(folder as FolderId) };
}
