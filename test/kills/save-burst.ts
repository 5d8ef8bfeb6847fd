/**
 * Kills in a burst of saves. Both devices run; somebody saves a thousand times on the sender. Relay, sender and receiver are
 * killed somewhere between two saves, or two bytes of one. While one of them is away, saving goes on, and a device that
 * never was there before fetches from the relay alone what the sender had called synced.
 */
import { mkdir } from 'node:fs/promises';
import type { SeededRandom } from '../../bench/random.ts';
import type { Ended, EvermeshProcess, Told } from '../support/process.ts';
import { filesOf, readTree } from '../support/tree.ts';
import { expectNothingLeftOver, expectTree, expectVerified } from './checks.ts';
import { ArmedKill, type KillBook, type Victim, VICTIMS } from './kill.ts';
import { expectInStep, type KilledDevice, type KillWorld } from './kill-world.ts';
import { Saver } from './saver.ts';

const SAVES = 1000;
/** Files that are there and in step before the burst. */
const BEFORE = 100;
/** A kill falls at most so many bytes of its victim's traffic after the save that was drawn for it. */
const BYTES_AFTER = 20_000;
/** The most saves from one wait for the device to the next, saves it may be behind then, and saves while somebody is away. */
const BATCH = 40;
const BEHIND = 20;
const AWAY = 30;
/** Saves from one question for a promise to the next, on average. */
const ASK = 80;

interface PlannedKill {
  readonly victim: Victim;
  readonly save: number;
  readonly bytes: number;
}

export async function killInSaves(world: KillWorld, random: SeededRandom, book: KillBook): Promise<void> {
  const burst = await SaveBurst.begin(world, random, book);
  await burst.run();
  await burst.end();
}

class SaveBurst {
  readonly #world: KillWorld;
  readonly #random: SeededRandom;
  readonly #book: KillBook;
  readonly #sender: KilledDevice;
  readonly #receiver: KilledDevice;
  readonly #saver: Saver;
  readonly #folder: string;
  readonly #planned: PlannedKill[];
  #armed: { readonly planned: PlannedKill; readonly kill: ArmedKill; readonly from: number } | undefined;
  #asked: EvermeshProcess | undefined;
  #heard = 0;
  #witnesses = 0;

  static async begin(world: KillWorld, random: SeededRandom, book: KillBook): Promise<SaveBurst> {
    const sender = await world.device('sender');
    const receiver = await world.device('receiver');
    await mkdir(world.path('drafts'));
    const saver = new Saver(sender.directory, world.path('drafts'), random);
    while (saver.saves < BEFORE) await saver.save();
    await world.relay.start();
    const up = sender.start();
    const { id } = await up.next('folder');
    await up.next('synced');
    saver.forgetUnseen();
    receiver.joins(id as string);
    await receiver.start().next('synced');
    return new SaveBurst(world, random, book, { sender, receiver, saver, folder: id as string });
  }

  private constructor(
    world: KillWorld,
    random: SeededRandom,
    book: KillBook,
    parts: { sender: KilledDevice; receiver: KilledDevice; saver: Saver; folder: string },
  ) {
    this.#world = world;
    this.#random = random;
    this.#book = book;
    this.#sender = parts.sender;
    this.#receiver = parts.receiver;
    this.#saver = parts.saver;
    this.#folder = parts.folder;
    this.#planned = VICTIMS.map((victim) => ({
      victim,
      save: BEFORE + random.below(SAVES),
      bytes: 1 + random.below(BYTES_AFTER),
    })).sort((one, other) => one.save - other.save);
  }

  async run(): Promise<void> {
    const saver = this.#saver;
    let pause = saver.saves + this.#random.below(BATCH);
    while (saver.saves < BEFORE + SAVES) {
      await saver.save();
      this.#arm();
      if (this.#armed?.kill.hasFallen === true) await this.#recover();
      if (saver.saves < pause) continue;
      pause += 1 + this.#random.below(BATCH);
      if (this.#random.below(ASK) < BATCH / 2) await this.#ask();
      await this.#untilBehindBy(this.#random.below(BEHIND));
    }
    // What was drawn for the last saves may fall while they are on their way, or is made to fall after them.
    while (this.#armed !== undefined || this.#planned.length > 0) {
      this.#arm(true);
      const { kill, planned } = this.#armed!;
      await Promise.race([kill.fallen, this.#inStep(planned.victim)]);
      await this.#recover();
    }
  }

  async end(): Promise<void> {
    const devices = [this.#sender, this.#receiver];
    const { relay } = this.#world;
    expectInStep(await this.#sender.ask().ended, 'sender');
    for (const device of devices) await device.stop();
    for (const device of devices) expectInStep(await device.sync().ended, device.name);
    await relay.stop();
    for (const { directory, name } of devices)
      none(`saved lines on ${name}`, await this.#saver.lost(directory));
    for (const device of devices) {
      const tree = await readTree(device.directory);
      const files = filesOf(tree);
      none(`lines on ${device.name} that nobody saved`, await this.#saver.torn(device.directory, files));
      if (files.length !== this.#saver.contents.size)
        throw new Error(`${device.name} has ${files.length} files, ${this.#saver.contents.size} were saved.`);
    }
    await expectTree(this.#receiver, await readTree(this.#sender.directory));
    if (this.#saver.promised === 0)
      throw new Error('Nothing was ever promised, so no promise was looked at.');
    await expectVerified(devices);
    await expectNothingLeftOver(devices, relay);
  }

  #arm(late = false): void {
    const [planned] = this.#planned;
    if (this.#armed !== undefined || planned === undefined) return;
    if (!late && planned.save > this.#saver.saves) return;
    this.#planned.shift();
    this.#armed = { planned, ...this.#kill(planned.victim, planned.bytes) };
  }

  #kill(victim: Victim, bytes: number): { kill: ArmedKill; from: number } {
    const proxy = (victim === 'receiver' ? this.#receiver : this.#sender).proxy;
    const { running } = this.#of(victim);
    return { kill: new ArmedKill(running, proxy, proxy.now + bytes), from: proxy.now };
  }

  #of(victim: Victim): KilledDevice | KillWorld['relay'] {
    return victim === 'relay' ? this.#world.relay : victim === 'sender' ? this.#sender : this.#receiver;
  }

  /** The one that was to be killed is killed: others go on saving, it comes back, and promises are looked at. */
  async #recover(): Promise<void> {
    const { planned, kill, from } = this.#armed!;
    const { victim } = planned;
    const inside = kill.hasFallen;
    await (inside ? kill.fallen : kill.now());
    await this.#askNoMore();
    this.#enter(victim, inside, kill.at - from, false);
    await this.#comeBack(victim);
    if (this.#random.below(3) === 0) {
      const again = this.#kill(victim, 1 + this.#random.below(BYTES_AFTER));
      await Promise.race([again.kill.fallen, this.#backInStep(victim)]);
      const fell = again.kill.hasFallen;
      await (fell ? again.kill.fallen : again.kill.now());
      this.#enter(victim, fell, again.kill.at - again.from, true);
      await this.#comeBack(victim);
    }
    // Before that, it can neither be asked nor stopped.
    if (victim !== 'relay') await this.#of(victim).running.next('link', ({ state }) => state === 'connected');
    this.#armed = undefined;
  }

  #enter(victim: Victim, inside: boolean, bytes: number, again: boolean): void {
    const saves = `save ${this.#saver.saves - BEFORE} of ${SAVES}`;
    const where = `${saves}, ${bytes} bytes on the wire later`;
    this.#book.enter({ victim, phase: 'saves', again, inside, where });
  }

  async #comeBack(victim: Victim): Promise<void> {
    const { relay } = this.#world;
    this.#listen();
    if (victim === 'sender') this.#saver.forgetUnseen();
    for (let left = this.#random.below(AWAY); left > 0; left--) await this.#saver.save();
    if (victim === 'receiver') {
      const { directory } = this.#receiver;
      none(
        'torn lines on the receiver',
        await this.#saver.torn(directory, filesOf(await readTree(directory))),
      );
      this.#receiver.start();
    } else if (victim === 'sender') {
      await this.#askWitness();
      this.#heard = 0;
      this.#sender.start();
    } else {
      await relay.startApart();
      await this.#askWitness();
      relay.open();
    }
  }

  /** Somebody new, who has nothing but what the relay gives. */
  async #askWitness(): Promise<void> {
    const witness = await this.#world.device(`witness-${this.#witnesses++}`);
    witness.joins(this.#folder);
    expectInStep(await witness.sync(this.#world.relay.url).ended, witness.name);
    none(
      `promises (of ${this.#saver.promised}) at the relay`,
      await this.#saver.brokenPromises(witness.directory),
    );
  }

  /** Asks the sender to bring everything in step; if it says so, everything that was saved before is promised. */
  async #ask(): Promise<void> {
    const { marks } = this.#saver;
    const victim = this.#armed?.planned.victim;
    const said = await Promise.race([this.#question(this.#sender), this.#fallen()]);
    if (said === undefined) return;
    if (said.code !== 0 && (victim === 'relay' || victim === 'sender')) return;
    expectInStep(said, 'sender');
    this.#saver.promise(marks);
  }

  #question(device: KilledDevice): Promise<Ended> {
    this.#asked = device.ask();
    return this.#asked.ended;
  }

  /** Whoever asked a device that was killed meanwhile would do its work in its place, and hold its store. */
  async #askNoMore(): Promise<void> {
    this.#asked?.kill('SIGKILL');
    await this.#asked?.ended;
  }

  async #fallen(): Promise<undefined> {
    await (this.#armed?.kill.fallen ?? new Promise(() => undefined));
  }

  /** Waits until the sender has spoken of all but so many saves, or somebody was killed. */
  async #untilBehindBy(count: number): Promise<void> {
    for (;;) {
      this.#listen();
      if (this.#saver.unseen <= count || this.#armed?.kill.hasFallen === true) return;
      const changed = this.#sender.running.next('change').catch((error: unknown) => {
        if (this.#armed?.planned.victim !== 'sender') throw error;
        return this.#fallen();
      });
      await Promise.race([changed, this.#fallen()]);
    }
  }

  #listen(): void {
    const { events } = this.#sender.running;
    this.#saver.heard(events.slice(this.#heard));
    this.#heard = events.length;
  }

  /** Everything that was saved is at the relay, and with the receiver if that is the victim. */
  async #inStep(victim: Victim): Promise<void> {
    await this.#question(this.#sender);
    if (victim === 'receiver' && this.#armed?.kill.hasFallen === false) await this.#question(this.#receiver);
  }

  /** The victim, or the sender for a relay, tells that it is in step again. */
  async #backInStep(victim: Victim): Promise<void> {
    const { running } = victim === 'receiver' ? this.#receiver : this.#sender;
    const before = running.events.length;
    const isNew = (told: Told): boolean => running.events.indexOf(told) >= before;
    // Of a device that is killed before it says so, the kill tells.
    await running.next('synced', isNew).catch(() => new Promise(() => undefined));
  }
}

function none(what: string, wrong: readonly string[]): void {
  if (wrong.length === 0) return;
  const more = wrong.length > 10 ? `\n  and ${wrong.length - 10} more` : '';
  throw new Error(`Wrong: ${what}:\n  ${wrong.slice(0, 10).join('\n  ')}${more}`);
}
