/**
 * Laws of documents that are open while other programs save the same file, on two or three whole replicas of which each has a disk
 * that shows the file, as a mirror would show it.
 *
 * - L1: replicas that hold the same records show the same text, which is also that of the open documents.
 * - L2: a letter is there once, or somebody who had it in front of him took it away: in an editor, or by a save of what his
 *   disk showed without it.
 * - L4: an editor sees nothing that it did not type, and loses nothing, but by what came from elsewhere.
 * - What was flushed is there after a restart; the folder verifies.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { FolderId, NodeId } from '../base/index.ts';
import { ROOT } from '../model/index.ts';
import type { Heads } from '../protocol/index.ts';
import { EAGER, exchange, deliver, NEVER, openFolder, type TestFolder } from '../testing/open-folder.ts';
import type { OpenFile } from './live-documents.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 60);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const ID = '00112233445566778899aabbccddeeff' as FolderId;

type Step =
  | { type: 'type' | 'erase'; at: number; count: number; waits: boolean }
  /** The disk gets what the folder shows. */
  | { type: 'show' }
  /** A program saves what the disk shows, with something more and something less. */
  | { type: 'save'; at: number; count: number; erased: number }
  | { type: 'write'; at: number }
  | { type: 'deliver'; from: number; waits: boolean }
  | { type: 'close' | 'restart' };

const at = fc.nat(500);
const times = fc.integer({ min: 1, max: 40 });
const kind: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom('type', 'erase'), at, count: times, waits: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('show') }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('save'), at, count: times, erased: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('write'), at }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('deliver'), from: fc.nat(2), waits: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('close', 'restart') }) },
);
const step = fc.record({ device: fc.nat(2), kind });

const counted = { typed: 0, erased: 0, saved: 0, against: 0, delivered: 0, restarted: 0, alongside: 0 };

/** Each letter is one of its own: a character of a range that nothing else uses. */
const letterOf = (number: number): string => String.fromCodePoint(0x4e00 + number);

interface Disk {
  text: string;
  shown: Heads;
}

class Seat {
  folder: TestFolder;
  open: OpenFile | undefined;
  disk: Disk | undefined;

  constructor(folder: TestFolder) {
    this.folder = folder;
  }

  get node(): NodeId {
    return this.folder.state.tree.child(ROOT, 'a.txt')?.id as NodeId;
  }
}

class World {
  readonly seats: Seat[] = [];
  readonly erased = new Set<string>();
  #letters = 0;
  #seed = 100;

  async start(devices: number): Promise<void> {
    for (let i = 0; i < devices; i++) {
      const policy = i === 0 ? EAGER : NEVER;
      this.seats.push(
        new Seat(await openFolder({ seed: i + 1, id: ID, policy, ...(i === 0 ? { name: 'w' } : {}) })),
      );
    }
    const [first, ...others] = this.seats as [Seat, ...Seat[]];
    await first.folder.folder.writeFile('a.txt', this.#fresh(3));
    for (const other of others) await exchange(first.folder, other.folder);
  }

  get letters(): string[] {
    return Array.from({ length: this.#letters }, (_, i) => letterOf(i));
  }

  async do(index: number, one: Step): Promise<void> {
    const seat = this.seats[index % this.seats.length] as Seat;
    if (one.type === 'type' || one.type === 'erase') {
      seat.open ??= await seat.folder.folder.openDocument('a.txt');
      this.#type(seat.open, one);
      if (one.waits) await seat.open.flush();
      else await Promise.resolve();
    } else if (one.type === 'show') await this.#show(seat);
    else if (one.type === 'save') await this.#save(seat, one);
    else if (one.type === 'write') await this.#write(seat, one.at);
    else if (one.type === 'deliver') {
      const from = this.seats[one.from % this.seats.length] as Seat;
      if (from === seat) return;
      // What is typed while records arrive is typed into the middle of that.
      const delivering = deliver(from.folder, seat.folder);
      if (!one.waits && seat.open !== undefined) {
        this.#type(seat.open, { type: 'type', at: 7, count: 2 });
        counted.alongside++;
      }
      counted.delivered += await delivering;
    } else if (one.type === 'close') {
      seat.open?.close();
      seat.open = undefined;
    } else await this.#restart(seat);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 2; round++)
      for (const a of this.seats) for (const b of this.seats) if (a !== b) await exchange(a.folder, b.folder);
  }

  #fresh(count: number): string {
    return Array.from({ length: count }, () => letterOf(this.#letters++)).join('');
  }

  #type({ text }: OpenFile, one: { type: 'type' | 'erase'; at: number; count: number }): void {
    const before = text.toString();
    if (one.type === 'type') {
      const letters = this.#fresh(one.count);
      const place = one.at % (before.length + 1);
      // One transaction each, as keys are pressed.
      for (const [i, letter] of Array.from(letters).entries()) text.insert(place + i, letter);
      expect(text.toString()).toBe(before.slice(0, place) + letters + before.slice(place));
      counted.typed += one.count;
    } else if (before.length > 0) {
      const place = one.at % before.length;
      const length = Math.min(one.count, before.length - place);
      text.delete(place, length);
      for (const letter of before.slice(place, place + length)) this.erased.add(letter);
      expect(text.toString()).toBe(before.slice(0, place) + before.slice(place + length));
      counted.erased += length;
    }
  }

  async #show(seat: Seat): Promise<void> {
    const found = await seat.folder.folder.nodes.content(seat.node);
    if (found?.content.kind !== 'text') throw new Error('the file is no text');
    // Whatever is typed now is not on the disk, and the heads must not say that it were.
    if (seat.disk !== undefined)
      await seat.folder.folder.nodes.keep([seat.folder.folder.nodes.shownNoMore(seat.node, seat.disk.shown)]);
    seat.disk = { text: found.content.text, shown: found.heads };
  }

  async #save(seat: Seat, { at: place, count: more, erased }: Step & { type: 'save' }): Promise<void> {
    if (seat.disk === undefined) await this.#show(seat);
    const { text, shown } = seat.disk as Disk;
    const from = place % (text.length + 1);
    const gone = text.slice(from, from + erased);
    const next = text.slice(0, from) + this.#fresh(more) + text.slice(from + erased);
    for (const letter of gone) this.erased.add(letter);
    if (seat.open !== undefined) counted.against++;
    const saving = seat.folder.folder.nodes.apply([
      { type: 'save', id: seat.node, content: { kind: 'text', text: next }, shown },
    ]);
    // Somebody types while the save is read and written.
    if (seat.open !== undefined) this.#type(seat.open, { type: 'type', at: place + 3, count: 1 });
    const { heads, failures } = await saving;
    expect(failures.size).toBe(0);
    seat.disk = { text: next, shown: heads.get(seat.node) as Heads };
    counted.saved++;
  }

  /** A program writes what it read, with a letter more. */
  async #write({ folder: { folder } }: Seat, place: number): Promise<void> {
    const before = await folder.readFile('a.txt', 'utf8');
    const from = place % (before.length + 1);
    await folder.writeFile('a.txt', before.slice(0, from) + this.#fresh(1) + before.slice(from));
  }

  async #restart(seat: Seat): Promise<void> {
    await seat.folder.folder.flush();
    const before = await seat.folder.folder.readFile('a.txt', 'utf8');
    seat.folder.state.close();
    await seat.folder.compactor.close();
    const { rows } = seat.folder.store;
    seat.folder = await openFolder({ seed: this.#seed++, id: ID, rows });
    seat.open = undefined;
    expect(await seat.folder.folder.readFile('a.txt', 'utf8')).toBe(before);
    counted.restarted++;
  }
}

test('editors, and programs that save the same file, merge and lose or double no letter', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 3 }),
      fc.array(step, { minLength: 5, maxLength: 50 }),
      async (devices, steps) => {
        const world = new World();
        await world.start(devices);
        for (const one of steps) await world.do(one.device, one.kind);
        await world.settle();
        const texts = await Promise.all(
          world.seats.map(({ folder }) => folder.folder.readFile('a.txt', 'utf8')),
        );
        for (const text of texts) expect(text).toBe(texts[0]);
        for (const { open } of world.seats)
          if (open !== undefined) expect(open.text.toString()).toBe(texts[0]);
        const letters = Array.from(texts[0] as string);
        expect(new Set(letters).size, 'a letter is there twice').toBe(letters.length);
        for (const letter of world.letters)
          expect(letters.includes(letter) || world.erased.has(letter), `letter ${letter}`).toBe(true);
        for (const { folder } of world.seats) {
          await folder.compactor.close();
          expect(await folder.folder.verify()).toEqual([]);
        }
      },
    ),
    PARAMETERS,
  );
}, 300_000);

afterAll(() => {
  // A run of properties that exercised nothing proves nothing.
  if (SEED === undefined)
    for (const [what, often] of Object.entries(counted)) expect(often, what).toBeGreaterThan(0);
});
