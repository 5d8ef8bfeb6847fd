/**
 * A relay or two, a few devices, and everything that goes wrong between them. Two devices have a link to each relay, others to one. Frames pass one at a time, in
 * the order that a test picks; stores are maps of rows, so a crash or a restored backup is another map.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'vitest';
import { silentLogger, toHex } from '../../base/index.ts';
import { decodeMessage, equalHeads } from '../../protocol/index.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import { Link } from '../link.ts';
import { ModelTransport } from './model-network.ts';
import { ModelRelay } from './model-relay.ts';
import { deviceId, openTestFolder, type TestFolder, write } from './test-folder.ts';

/** Numbers choose among what there is. */
export type Step =
  | { type: 'write'; device: number; documents: readonly string[] }
  /** Lets frames arrive; each pick chooses the wire and the direction. */
  | { type: 'pass'; picks: readonly number[] }
  | { type: 'wait' }
  | { type: 'cut' | 'slow'; device: number; relay: number }
  | { type: 'restart' | 'backUp' | 'rollBack'; device: number }
  /** There is no room for what is put of these documents, until the next such step. */
  | { type: 'fill'; relay: number; documents: readonly string[] }
  | { type: 'restartRelay' | 'backUpRelay' | 'rollBackRelay' | 'wipeRelay'; relay: number };

type Rows = Map<string, Uint8Array>;

interface TestDevice {
  folder: TestFolder;
  /** One to each relay that it knows. */
  links: readonly Link[];
  transports: readonly ModelTransport[];
  backup: Rows | undefined;
}

/** So many devices know every relay: each alone, and both at once, carry what the others cannot. */
const KNOW_ALL = 2;
const addressOf = (relay: number): string => `model:relay ${relay}`;

/** Longer than any pause before another attempt. */
const A_WHILE = 20_000;
/** So many of those are longer than any pause before a device looks for room. */
const ROOM_ROUNDS = 50;

export class SyncWorld {
  readonly facts: Record<string, number> = {};
  readonly #random = seededRandom(7);
  readonly #clock = new VirtualClock();
  readonly #devices: TestDevice[] = [];
  readonly #relays: ModelRelay[] = [];
  readonly #relayBackups: (Rows | undefined)[] = [];
  /** Connections of relays that are gone. */
  readonly #failures: unknown[] = [];

  static async open(devices: number, relays: number): Promise<SyncWorld> {
    const world = new SyncWorld();
    for (let i = 0; i < relays; i++)
      world.#relays.push(await ModelRelay.open(new Map(), seededRandom(99 + i)));
    for (let i = 0; i < devices; i++) world.#devices.push(await world.#open(i, new Map(), undefined));
    // The folder exists: nobody can do without its first record again, because that is older than every backup.
    await write((world.#devices[0] as TestDevice).folder, ['tree0']);
    return world;
  }

  async do(step: Step): Promise<void> {
    const { type } = step;
    this.#count(type);
    if (type === 'pass') return this.#pass(step.picks);
    if ('device' in step) await this.#toDevice(step, step.device % this.#devices.length);
    else if (type === 'wait') this.#clock.advance(A_WHILE);
    else if (type === 'fill')
      (this.#relays[step.relay % this.#relays.length] as ModelRelay).full = new Set(step.documents);
    else await this.#toRelay(step, step.relay % this.#relays.length);
    await turn();
  }

  /**
   * Everything that anybody still has reaches everybody, once, in a bounded number of frames; then the wire is silent.
   */
  async finish(): Promise<void> {
    const everything = new Set<string>();
    for (const log of this.#logs()) for (const id of await recordsOf(log)) everything.add(id);
    for (const transport of this.#transports()) this.#setSlow(transport, false);

    let frames = await this.#settle();
    if (this.#links().some((link) => link.folders()[0]?.withheld.length !== 0)) {
      this.#count('withheld');
      await this.#makeRoom();
      frames += await this.#settle();
    }
    // For each link: the conversation, and each record there and back, which may be split into frames of its own.
    expect(frames).toBeLessThan(this.#links().length * (100 + 8 * everything.size));
    for (const link of this.#links()) {
      expect(link.folders()).toMatchObject([{ state: 'live', isSynced: true, owedDocuments: 0 }]);
    }
    for (const log of this.#logs()) {
      const held = await recordsOf(log);
      expect(held.length).toBe(new Set(held).size);
      expect(new Set(held)).toEqual(everything);
      for (const relay of this.#relays)
        for (const index of log.documents())
          expect(equalHeads(index.heads, relay.log.assignedHeads(index.document))).toBe(true);
    }
    await this.#expectSilence();
    for (const link of this.#links()) await link.close();
    expect(this.#failures).toEqual([]);
    expect(this.#clock.waiting).toBe(0);
  }

  /** By itself a device looks for room now and then only. */
  async #makeRoom(): Promise<void> {
    for (const relay of this.#relays) relay.full = new Set();
    for (let i = 0; i < ROOM_ROUNDS; i++) {
      this.#clock.advance(A_WHILE);
      await turn();
      while (!this.#isQuiet()) await this.#pass([i]);
    }
  }

  #count(fact: string, by = 1): void {
    this.facts[fact] = (this.facts[fact] ?? 0) + by;
  }

  *#logs(): Generator<TestFolder['log']> {
    for (const { log } of this.#relays) yield log;
    for (const { folder } of this.#devices) yield folder.log;
  }

  #links(): Link[] {
    return this.#devices.flatMap(({ links }) => links);
  }

  #transports(): ModelTransport[] {
    return this.#devices.flatMap(({ transports }) => transports);
  }

  async #toRelay({ type }: Step, number: number): Promise<void> {
    const { rows } = this.#relays[number] as ModelRelay;
    if (type === 'restartRelay') await this.#replaceRelay(number, new Map(rows));
    else if (type === 'backUpRelay') this.#relayBackups[number] = new Map(rows);
    else if (type === 'rollBackRelay')
      await this.#replaceRelay(number, new Map(this.#relayBackups[number] ?? []));
    else await this.#replaceRelay(number, new Map());
  }

  async #toDevice(step: Extract<Step, { device: number }>, number: number): Promise<void> {
    const device = this.#devices[number] as TestDevice;
    switch (step.type) {
      case 'write':
        await write(device.folder, step.documents);
        return;
      case 'cut':
        return device.transports[step.relay % device.transports.length]?.wire?.cut();
      case 'slow':
        return this.#setSlow(device.transports[step.relay % device.transports.length], true);
      case 'backUp':
        device.backup = new Map(device.folder.store.rows);
        return;
      case 'restart':
        return this.#reopen(number, new Map(device.folder.store.rows));
      case 'rollBack':
        if (device.backup !== undefined) await this.#reopen(number, new Map(device.backup));
    }
  }

  #setSlow(transport: ModelTransport | undefined, slow: boolean): void {
    if (transport?.wire?.isOpen === true) transport.wire.relay.slow = slow;
  }

  async #open(number: number, rows: Rows, backup: Rows | undefined): Promise<TestDevice> {
    const device = deviceId(number + 1);
    const folder = await openTestFolder({ device, random: this.#random, rows });
    const all = this.#relays.map(
      (_, i) => new ModelTransport(addressOf(i), () => this.#relays[i] as ModelRelay),
    );
    const transports = number < KNOW_ALL ? all : all.filter((_, i) => i === number % all.length);
    const links = transports.map((transport) => {
      const link = new Link({
        transport,
        device: { id: device, name: `device ${number}` },
        clock: this.#clock,
        random: this.#random,
        logger: silentLogger,
      });
      link.add(folder);
      return link;
    });
    return { folder, links, transports, backup };
  }

  /** As after a crash: whatever the old opening still writes goes into rows that nobody reads. */
  async #reopen(number: number, rows: Rows): Promise<void> {
    const old = this.#devices[number] as TestDevice;
    const closed = Promise.all(old.links.map((link) => link.close()));
    this.#devices[number] = await this.#open(number, rows, old.backup);
    await closed;
  }

  async #replaceRelay(number: number, rows: Rows): Promise<void> {
    for (const { transports } of this.#devices) {
      const wire = transports.find(({ address }) => address === addressOf(number))?.wire;
      if (wire?.relay.failure !== undefined) this.#failures.push(wire.relay.failure);
      wire?.cut();
    }
    this.#relays[number] = await ModelRelay.open(rows, this.#random);
  }

  async #pass(picks: readonly number[]): Promise<void> {
    for (const pick of picks) {
      const wires = this.#transports().flatMap(({ wire }) =>
        wire !== undefined && wire.waiting > 0 ? [wire] : [],
      );
      const wire = wires[pick % wires.length];
      if (wire === undefined) {
        await turn();
        return;
      }
      const up = wire.toDevice.length === 0 || (wire.toRelay.length > 0 && pick % 7 < 4);
      this.#look(up ? wire.toRelay[0] : wire.toDevice[0]);
      wire.pass(up ? 'toRelay' : 'toDevice');
      await turn();
    }
  }

  #look(frame: Uint8Array | undefined): void {
    if (frame === undefined) return;
    const message = decodeMessage(frame);
    this.#count(message.type);
    if (message.type === 'OPENED') this.#count(message.resumed ? 'resumed' : 'compared');
  }

  /** Lets frames pass until none waits, through another attempt of whoever is not connected. */
  async #settle(): Promise<number> {
    let frames = 0;
    for (let round = 0; round < 6; round++) {
      this.#clock.advance(round === 0 ? 0 : A_WHILE);
      await turn();
      while (!this.#isQuiet()) {
        frames += 1;
        expect(frames).toBeLessThan(20_000);
        await this.#pass([frames * 31]);
      }
      for (const transport of this.#transports()) this.#setSlow(transport, false);
      if (round >= 3 && this.#links().every((link) => link.folders()[0]?.isSynced === true)) break;
    }
    return frames;
  }

  #isQuiet(): boolean {
    return this.#transports().every(({ wire }) => wire?.isQuiet ?? true);
  }

  async #expectSilence(): Promise<void> {
    const before = { ...this.facts };
    for (let i = 0; i < 6; i++) {
      this.#clock.advance(A_WHILE);
      await turn();
      while (!this.#isQuiet()) await this.#pass([i]);
    }
    const spoken = Object.keys(this.facts).filter((fact) => this.facts[fact] !== before[fact]);
    expect(spoken.filter((fact) => fact !== 'PING' && fact !== 'PONG')).toEqual([]);
  }
}

/** Every record of a log, by what makes it that record. */
async function recordsOf(log: TestFolder['log']): Promise<string[]> {
  const found: string[] = [];
  for await (const { seq, document } of log.read.order(0)) {
    const stored = await log.read.record(document, seq);
    const { author, counter, bodyDigest } = stored?.record.header ?? {};
    found.push(`${document} ${author} ${counter} ${toHex(bodyDigest ?? new Uint8Array(0))}`);
  }
  return found;
}
