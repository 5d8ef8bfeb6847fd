/**
 * `npm run fixtures`: makes the fixtures of the present format. Once for a format, by the last code before it is released;
 * those that are there stay as they are.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_FORMAT } from '@evermesh/core/log';
import { ADDRESS, CastRelay } from './cast.ts';
import { entriesBelow } from './disk.ts';
import { blobsOf, type Fixture, FIXTURES, packed, rowsOf } from './fixture.ts';
import { packsBeside, tellLarge } from './large-story.ts';
import { sightOf } from './sight.ts';
import { LARGE_CONTENTS, tell } from './story.ts';

const target = join(FIXTURES, `format-${STORE_FORMAT}`);
await mkdir(target, { recursive: true });
let isMade = false;
for (const [name, make] of [
  ['', makeStory],
  ['large-', makeLarge],
] as const) {
  if (existsSync(join(target, `${name}device.json.gz`))) continue;
  const { device, relay } = await make();
  await writeFile(join(target, `${name}device.json.gz`), packed(device));
  await writeFile(join(target, `${name}relay.json.gz`), packed(relay));
  isMade = true;
}
if (!isMade) throw new Error(`All are in ${target} already. What was written once stays.`);

interface Made {
  readonly device: Fixture;
  readonly relay: Fixture;
}

async function makeStory(): Promise<Made> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-fixtures-'));
  try {
    const relay = new CastRelay();
    await relay.start();
    let device: Pick<Fixture, 'rows' | 'disk'> | undefined;
    let isTold = false;
    const { ada, folder, mirror, bobsSight } = await tell(relay, directory, async (store) => {
      if (isTold) device ??= { rows: await rowsOf(store), disk: await entriesBelow(directory) };
    });
    await relay.stop();

    const sight = await sightOf(folder);
    isTold = true;
    await mirror.settle();
    if (device === undefined) throw new Error('The mirror had nothing to write.');
    await mirror.close();
    await ada.close();

    const common = { format: STORE_FORMAT, folder: folder.id, address: ADDRESS };
    const blobs = await blobsOf(ada.blobs, LARGE_CONTENTS);
    await relay.store.open();
    const rows = await rowsOf(relay.store);
    await relay.store.close();
    const relays = await blobsOf(relay.blobs, LARGE_CONTENTS);
    return {
      device: { ...common, ...device, blobs, sight },
      relay: { ...common, rows, disk: [], blobs: relays, sight: bobsSight },
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function makeLarge(): Promise<Made> {
  const relay = new CastRelay();
  await relay.start();
  const { ada, folder } = await tellLarge(relay);
  await relay.stop();
  const common = {
    ...{ format: STORE_FORMAT, folder: folder.id, address: ADDRESS },
    ...{ disk: [], sight: await sightOf(folder) },
  };
  await ada.close();
  const [device, relays] = await Promise.all(
    [ada, relay].map(async ({ store, blobs }) => {
      await store.open();
      const held = { rows: await rowsOf(store), blobs: await packsBeside(store, blobs) };
      await store.close();
      return { ...common, ...held };
    }),
  );
  return { device: device as Fixture, relay: relays as Fixture };
}
