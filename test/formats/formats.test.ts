/**
 * What every format wrote is opened by the newest code, for ever: contents, heads, debts and all, and everything goes on
 * from there. The bytes in `test/fixtures` were written once, by the code of their time.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store, StoreOperation } from '@evermesh/core';
import { type Migration, openStore, STORE_FORMAT } from '@evermesh/core/log';
import { openMirror } from '@evermesh/mirror';
import { faulty } from '@evermesh/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readTree } from '../support/tree.ts';
import { CastDevice, CastRelay } from './cast.ts';
import { writeEntries } from './disk.ts';
import { type Fixture, FIXTURES, rowsOf, storeOf } from './fixture.ts';
import { fixtureOf, newDevice, openDevice, openRelay } from './opened.ts';
import { sightOf } from './sight.ts';
import { MISSED_CONTENT } from './story.ts';

/** How a version says its format that is newer than this one. */
const later = Buffer.from(String(STORE_FORMAT + 1)).toString('base64');

const codeOf = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );

/** What a version knows of migrations that writes this format. */
const toFormat = (to: number): Migration[] => [{ from: to - 1, to, async *steps() {} }];

/** Of a store that may have been closed, because somebody refused it. */
async function rowsIn(store: Store): Promise<[string, string][]> {
  await store.open();
  return rowsOf(store);
}

const FORMATS = (await readdir(FIXTURES)).sort();
test('the present format has its fixtures', () => {
  expect(FORMATS).toContain(`format-${STORE_FORMAT}`);
});

describe.each(FORMATS)('%s', (format) => {
  test('of a device shows what it showed, to the last byte and head, and verifies', async () => {
    const fixture = await fixtureOf(format, 'device');
    const { folder } = await openDevice(fixture);
    expect(await sightOf(folder)).toEqual(fixture.sight);
    expect(await folder.verify()).toEqual([]);
  });

  test.skipIf(Number(format.slice('format-'.length)) < 5)(
    'of a device reads versions of which the records are gone',
    async () => {
      const { folder } = await openDevice(await fixtureOf(format, 'device'));
      const texts: (string | undefined)[] = [];
      for (const version of await folder.versions('chronicle.md'))
        texts.push(new TextDecoder().decode(await folder.readVersion('chronicle.md', version)));
      expect(texts).toEqual([4, 3, 2, 1].map((day) => `day ${day}, hour 30\nthe plants grew\n`));
    },
  );

  test('of a device knows what it owes and is owed, fetches that, and what both write from now on reaches both', async () => {
    const fixture = await fixtureOf(format, 'device');
    const atRelay = await fixtureOf(format, 'relay');
    const { device, folder } = await openDevice(fixture);
    const relay = await openRelay(atRelay);
    const replica = await device.open();
    // Three documents and a blob; nothing of its own is left to send.
    expect(await replica.pending(folder.id, fixture.address)).toEqual({ toRelay: 0, fromRelay: 4 });

    // The relay lost one content, and asks whoever has it.
    const { device: eve, folder: eves } = await newDevice('eve', fixture);
    await eves.blobs.write(
      (async function* once() {
        yield MISSED_CONTENT;
      })(),
    );
    await eve.meet(relay);
    expect(await sightOf(eves)).toEqual(atRelay.sight);
    await device.meet(relay);
    expect(await sightOf(folder)).toEqual(atRelay.sight);

    await folder.writeFile('diary/today.md', 'written by the newest version\n');
    await eves.writeFile('picture.jpg', Uint8Array.of(0xff, 0, 7));
    for (const each of [device, eve, device]) await each.meet(relay);
    expect(await sightOf(folder)).toEqual(await sightOf(eves));
    expect(await folder.readFile('diary/today.md', 'utf8')).toBe('written by the newest version\n');
    expect(await folder.readFile('picture.jpg')).toEqual(Uint8Array.of(0xff, 0, 7));
    expect(await folder.verify()).toEqual([]);
    expect(await eves.verify()).toEqual([]);
  });

  test('of a device in front of its directory: its mirror ends what it began, and takes nothing for a change', async () => {
    const fixture = await fixtureOf(format, 'device');
    const { folder } = await openDevice(fixture);
    const directory = await mkdtemp(join(tmpdir(), 'evermesh-formats-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeEntries(directory, fixture.disk);
    const before = await readTree(directory);
    const mirror = await openMirror({ folder, directory });
    await mirror.settle();
    await mirror.close();
    const { 'diary/tomorrow.md': written, 'diary/today.md': saved, ...others } = await readTree(directory);
    expect(written).toBe('file: "sleep long\\n"');
    expect(saved).toBe('file: "feed the cat\\nwater all plants\\nbuy much bread\\nand butter\\n"');
    expect(before).toEqual({ ...others, 'diary/today.md': expect.any(String) });
    expect(await sightOf(folder)).toEqual(fixture.sight);
  });

  test.each(['device', 'relay'] as const)(
    'of a %s is refused by a version that knows only earlier formats, and nothing in it changes',
    async (of) => {
      const fixture = await fixtureOf(format, of);
      const store = await storeOf(fixture);
      const code = await codeOf(openStore(store, toFormat(fixture.format - 1)));
      if (fixture.format > 1) expect([code, await rowsIn(store)]).toEqual(['FORMAT_TOO_NEW', fixture.rows]);

      const newer = await storeOf({
        rows: fixture.rows.map(([key, row]) => [key, key === 'format' ? later : row]),
      });
      const rows = await rowsIn(newer);
      const opening = of === 'device' ? new CastDevice('ada', newer).open() : new CastRelay(newer).start();
      expect([await codeOf(opening), await rowsIn(newer)]).toEqual(['FORMAT_TOO_NEW', rows]);
    },
  );

  test.each(['device', 'relay'] as const)(
    'of a %s is of the newest format, or refused as damaged, wherever a store tore what an opening wrote',
    async (of) => {
      const fixture = await fixtureOf(format, of);
      const opened = await storeOf(fixture);
      const written: StoreOperation[] = [];
      const ends = new Set([0]);
      const batch: Store['batch'] = (operations, options) => {
        written.push(...operations);
        ends.add(written.length);
        return opened.batch(operations, options);
      };
      await openStore({ ...opened, batch });
      const rows = await rowsOf(opened);
      for (let cut = 0; cut <= written.length; cut++) {
        const store = await storeOf(fixture);
        await store.open();
        await store.batch(written.slice(0, cut), { sync: true });
        const torn = await rowsOf(store);
        await store.close();
        const code = await codeOf(openStore(store));
        expect([code, await rowsIn(store)], `${cut}`).toEqual(
          code === 'opened' || ends.has(cut) ? ['opened', rows] : ['STORE_CORRUPT', torn],
        );
      }
    },
  );

  test.each(['device', 'relay'] as const)(
    'of a %s is of the newest format once it was opened, wherever openings before were interrupted',
    async (of) => {
      const fixture = await fixtureOf(format, of);
      const opened = await storeOf(fixture);
      await openStore(opened);
      const rows = await rowsOf(opened);
      expect(new Map(rows).get('format')).toBe(Buffer.from(String(STORE_FORMAT)).toString('base64'));
      for (let at = 1; ; at++) {
        const store = await storeOf(fixture);
        const failing = faulty(store, at, 'unheard');
        await openStore(failing).catch(() => undefined);
        await store.close();
        await openStore(store);
        expect(await rowsOf(store), `call ${at}`).toEqual(rows);
        if (!failing.failure.aborted) break;
      }
    },
  );
});

test('the fixtures of format 1 have rows of every kind', async () => {
  const device = await fixtureOf('format-1', 'device');
  const relay = await fixtureOf('format-1', 'relay');
  const kindsOf = ({ rows }: Fixture): string[] => [...new Set(rows.map(([key]) => kindOf(key)))].sort();
  const mirrored = ['x/base', 'x/mirror', 'x/mirror-ancestor', 'x/mirror-intent'];
  const kinds = ['a', 'b', 'blob', 'c', 'd', 'format', 'l', 'o', 'r', 'replica', 's', ...mirrored];
  expect(kindsOf(device)).toEqual(kinds);
  expect(kindsOf(relay)).toEqual(['blob', 'd', 'format', 'l', 'r', 'relay', 's', 'x/blob', 'x/wanted']);
});

test('the fixtures of format 2 have a document that is compacted, too', async () => {
  const { rows } = await fixtureOf('format-2', 'device');
  expect(rows.filter(([key]) => kindOf(key) === 'n')).toHaveLength(1);
  expect(rows.filter(([key]) => kindOf(key) === 'r' && key.endsWith('+'))).toHaveLength(1);
});

/** Of rows of a folder the kind of row, and the area of those of others; else what the key begins with. */
function kindOf(key: string): string {
  const [first = '', , kind = '', area] = key.split('/');
  if (first !== 'f') return first;
  return kind === 'x' ? `x/${area}` : kind;
}
