/** The simulated world: devices, relays, a network, people and misfortune, one step after the other. */
import type { FolderId } from '@evermesh/core';
import { AppRuns } from './application.ts';
import { Anomalies } from './anomalies.ts';
import { Grants } from './grants.ts';
import { Intruder } from './intruder.ts';
import { Ledger, type Violation } from './ledger.ts';
import { type Copy, copyOf, furnish } from './latecomer.ts';
import { Letters } from './letters.ts';
import { Machine } from './machine.ts';
import { act } from './person.ts';
import { Scheduler } from './scheduler.ts';
import { actOnDisk } from './person-at-disk.ts';
import {
  DISK_STEPS,
  FOLDER_STEPS,
  type FolderStep,
  type HostileStep,
  isDiskStep,
  isHostileStep,
  isUserStep,
  NO_STEP,
  type Step,
  type StepType,
} from './script.ts';
import { bodiesOf, fileSystemOf, NAMES } from './device-kinds.ts';
import { POSIX } from './inode.ts';
import { SimFiles } from './sim-files.ts';
import { Seeded } from './seeded.ts';
import { DIRECTORY, type RunningDevice, SimDevice } from './sim-device.ts';
import type { Sight } from './observe.ts';
import { seatAt } from './seat.ts';
import { SimNetwork } from './sim-network.ts';
import { SimRelay } from './sim-relay.ts';
import { synced } from './synced.ts';
import { Trace } from './trace.ts';
import type { Somebody } from './typing.ts';
import { befall } from './misfortune.ts';
import { type Naming, NAMING, NAMING_BY_CASE } from './naming.ts';
import type { WorldOptions } from './world-options.ts';

export class World {
  readonly scheduler: Scheduler = new Scheduler();
  readonly trace: Trace;
  readonly network: SimNetwork;
  readonly ledger: Ledger = new Ledger();
  readonly letters: Letters = new Letters();
  readonly anomalies: Anomalies;
  readonly apps: AppRuns | undefined;
  /** Every device that ever joins. */
  readonly everybody: SimDevice[] = [];
  /** Those that have joined, and those that have not. */
  readonly devices: SimDevice[] = [];
  readonly absent: SimDevice[] = [];
  readonly relays: SimRelay[] = [];
  readonly grants: Grants = new Grants();
  /** Once there is one. */
  intruder: Intruder | undefined;
  readonly violations: Violation[] = [];
  /** How often everybody had everything, and what it was last. */
  rests = 0;
  listed: Sight['files'] = new Map();
  readonly random: Seeded;
  readonly naming: Naming;
  readonly history: WorldOptions['history'];
  folder!: FolderId;
  /** What was copied last from a directory to somewhere else. */
  stick: readonly Copy[] = [];
  /** What people are doing. */
  readonly #busy = new Set<Promise<void>>();

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.scheduler.until(() => world.#begin(), 'the world to begin');
    return world;
  }

  private constructor(options: WorldOptions) {
    const { seed, devices, trace, mirrors, fileSystems, latecomers } = options;
    const { onDemand, caseSensitive, relays, keep, history, app } = options;
    this.random = new Seeded(seed);
    this.history = history;
    this.naming = caseSensitive ? NAMING_BY_CASE : NAMING;
    this.trace = new Trace(trace);
    this.anomalies = new Anomalies((what) => this.trace.count('anomaly', what));
    this.apps = app && new AppRuns(app);
    const { scheduler, random } = this;
    this.network = new SimNetwork(scheduler, random.fork('network'), this.trace);
    const clocks = random.fork('clocks');
    const machine = (name: string): Machine =>
      new Machine(name, {
        scheduler,
        random,
        trace: this.trace,
        clockError: Math.floor((clocks.float() - 0.5) * 6e11), // Years apart.
      });
    const late = random.fork('late');
    for (let i = 0; i < relays; i++)
      this.relays.push(
        new SimRelay(
          machine(i === 0 ? 'relay' : `relay ${i + 1}`),
          keep,
          options.grants ? this.grants : undefined,
        ),
      );
    for (let i = 0; i < devices; i++) {
      const at = machine(NAMES[i] as string);
      const kind = fileSystems ? fileSystemOf(at.name, random, this.trace) : POSIX;
      const device: SimDevice = new SimDevice({
        machine: at,
        network: this.network,
        relays: this.relays,
        caseSensitive,
        history,
        bodies: onDemand ? bodiesOf(i, random, this.naming, this.trace) : 'all',
        files: mirrors ? new SimFiles(kind, () => at.time) : undefined,
        violate: (law, what) => this.violate(law, what),
        opened: (running) => this.#opened(device, running),
      });
      this.everybody.push(device);
      const isLate = latecomers && i > Math.min(1, devices - 2) && late.chance(0.6);
      (isLate ? this.absent : this.devices).push(device);
    }
  }

  async #begin(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.start()));
    const [first, ...others] = this.devices as [SimDevice, ...SimDevice[]];
    await first.start(undefined);
    this.folder = (first.running as RunningDevice).folder.id;
    await Promise.all(others.map((device) => device.start(this.folder)));
    await Promise.all(this.devices.map(async (device) => device.running?.folder.whenReady()));
    const links = this.devices.flatMap(({ running }) => [...(running?.links.values() ?? [])]);
    await Promise.all(links.map((link) => synced(link, this.scheduler)));
    await Promise.all(this.devices.map((device) => device.mirrored()));
    this.shared();
  }

  /** Everybody has everything: to begin with, the folder. */
  shared(files: Sight['files'] = new Map()): void {
    this.rests += 1;
    this.listed = files;
    for (const { disk } of this.relays) disk.rest = this.rests;
    for (const { disk, bodies } of this.devices) if (bodies === 'all') disk.rest = this.rests;
  }

  /** A program has opened the folder. */
  #opened({ name, machine }: SimDevice, { process, replica, folder }: RunningDevice): void {
    void this.anomalies.follow(folder);
    if (this.apps === undefined) return;
    const random = machine.random.fork(`application ${machine.starts}`);
    const { clock } = process;
    this.begin(this.apps.begin(process, { name, replica, folder, clock, random }), name, NO_STEP, 'app');
  }

  /** Does a step that is no `rest`, and tells at which device. What people and programs begin with it goes on by itself. */
  async perform(step: Step): Promise<SimDevice | undefined> {
    await this.scheduler.pass(step.after);
    const isJoin = step.type.startsWith('join');
    const device = isJoin ? this.absent.shift() : this.#seat(step);
    if (device === undefined) return undefined;
    const random = step.stream === undefined ? this.random.fork(`step ${step.id}`) : new Seeded(step.stream);
    if (isJoin) this.#join(device, step, this.#somebody(step, device, random));
    else if (step.type === 'work alone') await this.#workAlone(step, device, random);
    else if (isHostileStep(step.type)) this.#intrude(step.type, step.id, random);
    else if (isUserStep(step.type)) this.#act(step, device, random);
    else await befall(this, step, device, random);
    return device;
  }

  /** Somebody who should not be there does something, or comes in. */
  #intrude(type: HostileStep, step: number, random: Seeded): void {
    const { scheduler, trace, network, folder, relays } = this;
    this.intruder ??= new Intruder(
      new Machine('mallory', { scheduler, random: this.random, trace, clockError: 0 }),
      network,
      folder,
    );
    const what = this.intruder.act(type, random.pick(relays), random);
    this.tell('misfortune', this.intruder.name, step, what ?? 'comes in, and listens');
    if (what !== undefined) trace.count('fault', type);
  }

  #somebody(step: Step, device: SimDevice, random: Seeded): Somebody {
    let isCounted = !isUserStep(step.type);
    return {
      who: device.name,
      random,
      letters: this.letters,
      ledger: this.ledger,
      naming: this.naming,
      now: () => this.scheduler.now,
      say: (what) => {
        if (!isCounted) this.trace.count('operation', step.type);
        isCounted = true;
        if (!this.trace.isKept) return;
        this.tell('person', device.name, step.id, typeof what === 'string' ? what : what());
      },
      said: (what) => this.trace.count('anomaly', what),
      cannot: (what: string) => this.tell('person', device.name, step.id, what),
    };
  }

  /** What a person does there begins. */
  #act(step: Step, device: SimDevice, random: Seeded): void {
    const somebody = this.#somebody(step, device, random);
    if (isDiskStep(step.type)) {
      const { files } = device;
      if (files === undefined) return;
      const sleep = (milliseconds: number): Promise<void> =>
        new Promise((resolve) => {
          this.scheduler.schedule(milliseconds, resolve);
        });
      const { lookedBefore, running, vacated } = device;
      const isMirrored = running?.mirror !== undefined;
      const desk = { ...somebody, files, root: DIRECTORY, sleep, lookedBefore, isMirrored, vacated };
      return this.begin(actOnDisk(step.type, desk), device.name, step.id);
    }
    const { running } = device;
    if (running === undefined) {
      somebody.cannot(`would ${step.type}, and starts the program first`);
      return this.begin(device.start(this.folder), device.name, step.id);
    }
    if (this.apps !== undefined) return this.#actInApp(this.apps, step, running, somebody);
    const violate = (law: string, what: string): void => this.violate(law, what);
    const seat = seatAt(device, running, { ...somebody, listed: this.listed, violate });
    this.begin(act(step.type as FolderStep, seat), device.name, step.id);
  }

  #actInApp(apps: AppRuns, step: Step, { process }: RunningDevice, { who, random, cannot }: Somebody): void {
    const actor = apps.actor(process);
    if (actor === undefined) return cannot('would act, and the application has not begun');
    this.trace.count('operation', 'act');
    const say = (what: string): void => this.tell('person', who, step.id, what);
    this.begin(actor({ random, say }), who, step.id, 'app');
  }

  /**
   * Whose turn it is; of one that has not joined yet, somebody else's. Who works with a folder whose program does not run does it
   * at a device where one does.
   */
  #seat({ type, who }: Step): SimDevice {
    const { devices, everybody, absent } = this;
    const named = everybody[who % everybody.length] as SimDevice;
    const device = absent.includes(named) ? (devices[who % devices.length] as SimDevice) : named;
    if (!isUserStep(type) || isDiskStep(type) || device.running !== undefined) return device;
    const from = devices.indexOf(device);
    const inTurn = [...devices.slice(from), ...devices.slice(0, from)];
    return inTurn.find(({ running }) => running !== undefined) ?? device;
  }

  /** Somebody does a few things, shortly after each other. */
  async #workAlone(step: Step, device: SimDevice, random: Seeded): Promise<void> {
    this.trace.count('fault', step.type);
    const types: readonly StepType[] = device.files === undefined ? FOLDER_STEPS : DISK_STEPS;
    for (let left = 3 + random.below(6); left > 0; left--) {
      await this.scheduler.pass(random.below(30));
      this.#act({ ...step, type: random.pick(types) }, device, random.fork(left));
    }
  }

  /** A device that was not there before. What its directory has came from others' directories, by other ways. */
  #join(device: SimDevice, step: Step, somebody: Somebody): void {
    const { files } = device;
    this.trace.count('fault', step.type);
    if (files !== undefined) {
      const tree = copyOf(somebody.random.pick(this.devices).files as SimFiles, DIRECTORY);
      const isQuiet = step.type === 'join at rest';
      furnish({ ...somebody, files, root: DIRECTORY, tree, older: this.stick, isQuiet });
    }
    this.devices.push(device);
    this.begin(device.start(this.folder), device.name, step.id);
  }

  tell(type: 'person' | 'misfortune', who: string, step: number, what: string): void {
    this.trace.tell({ type, at: this.scheduler.now, who, step, what });
  }

  violate(law: string, what: string): void {
    this.trace.tell({ type: 'violation', at: this.scheduler.now, who: 'world', law, what });
    this.violations.push({ law, what });
  }

  /**
   * Runs something that may never end, because the program it happens in is killed.
   * @param law that is broken if it is told something unexpected
   */
  begin(work: Promise<void>, who: string, step: number, law = 'L12'): void {
    const ended = work
      .catch((error: unknown) => {
        // What a store that failed says is no surprise; anything else is.
        const code = (error as { code?: string }).code ?? '';
        if (/^(STORE|LINK)_/.test(code)) return this.tell('person', who, step, `is told ${code}`);
        const what = String((error as Error).stack ?? error);
        this.violate(law, `${who} was told something unexpected: ${what}`);
      })
      .finally(() => this.#busy.delete(ended));
    this.#busy.add(ended);
  }
}
