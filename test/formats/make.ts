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
import { sightOf } from './sight.ts';
import { LARGE_CONTENTS, tell } from './story.ts';

const target = join(FIXTURES, `format-${STORE_FORMAT}`);
if (existsSync(target)) throw new Error(`${target} is there already. What was written once stays.`);

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
  await mkdir(target, { recursive: true });
  const blobs = await blobsOf(ada.blobs, LARGE_CONTENTS);
  await writeFile(join(target, 'device.json.gz'), packed({ ...common, ...device, blobs, sight }));
  await relay.store.open();
  const rows = await rowsOf(relay.store);
  await relay.store.close();
  const relays = await blobsOf(relay.blobs, LARGE_CONTENTS);
  await writeFile(
    join(target, 'relay.json.gz'),
    packed({ ...common, rows, disk: [], blobs: relays, sight: bobsSight }),
  );
} finally {
  await rm(directory, { recursive: true });
}
