/** A device's machine: what lies on its disk, and the product running on it, or not. */
import {
  type BodyPolicy,
  type Folder,
  type FolderId,
  type HistoryPolicy,
  type Link,
  openReplica,
  type Replica,
  silentLogger,
} from '@evermesh/core';
import { type Mirror, openMirror } from '@evermesh/mirror';
import { takenBytes } from './little-credit.ts';
import { compactedOften } from './often.ts';
import { copyOf } from './latecomer.ts';
import { simBlobs } from './sim-blobs.ts';
import { type DiskImage, SimDisk } from './sim-disk.ts';
import { simFileSystem } from './sim-file-system.ts';
import type { Removal } from './seat.ts';
import type { SimFiles } from './sim-files.ts';
import { troubledFileSystem } from './troubled-file-system.ts';
import { DiskTrouble } from './disk-trouble.ts';
import { LookedAt } from './looked-at.ts';
import { giveRights, takeRight } from './rights.ts';
import type { Seeded } from './seeded.ts';
import { simWatcher } from './sim-watcher.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRelay } from './sim-relay.ts';
import { simStore } from './sim-store.ts';
import { simTransport } from './sim-transport.ts';
import type { Machine } from './machine.ts';

export interface RunningDevice {
  readonly process: SimProcess;
  readonly replica: Replica;
  readonly folder: Folder;
  readonly links: Map<SimRelay, Link>;
  /** Of a device with a directory, once the folder has arrived. */
  mirror: Mirror | undefined;
}

/** Where the directory lies that a device mirrors, and in it the mirror's sign that it is the one. */
export const DIRECTORY = '/shared';
const MARKER = '.evermesh/folder.json';

export interface DeviceParts {
  readonly machine: Machine;
  readonly network: SimNetwork;
  readonly relays: readonly SimRelay[];
  /** Of the folder, if this is the device that makes it. */
  readonly caseSensitive: boolean;
  readonly history: HistoryPolicy | 'everything';
  /** The disk of a device that mirrors a directory. */
  readonly files: SimFiles | undefined;
  readonly bodies: BodyPolicy;
  readonly violate: (law: string, what: string) => void;
  /** Told whenever a program has opened the folder. */
  readonly opened: (running: RunningDevice) => void;
}

export class SimDevice {
  readonly machine: Machine;
  /** What it mirrors, if it does. */
  readonly directory: string = DIRECTORY;
  /** What its programs keep; what its person does is in `files`. */
  readonly disk: SimDisk = new SimDisk();
  /** What is wrong with the disk of the directory, for the mirror. */
  readonly trouble: DiskTrouble;
  readonly lookedAt: LookedAt;
  /** What its person removed, and may want back: never what the device does not know of any more. */
  readonly bin: Removal[] = [];
  /** What its person attached that is too large for one blob: he still has it where it came from. */
  readonly attached: Uint8Array[] = [];
  /** When its person took away what stood at a path in the directory. */
  readonly vacated: Map<string, number> = new Map();
  readonly #parts: DeviceParts;
  #process: SimProcess | undefined;
  #visited: readonly SimRelay[];
  #running: RunningDevice | undefined;
  #starting: Promise<void> | undefined;
  #mirroring: Promise<void> | undefined;
  /** Resolves when the program that was told to end has. */
  #stopping: Promise<void> | undefined;
  /** Calls of the disk that had failed when the mirror that runs began: they explain nothing of it. */
  #failuresBefore = 0;
  #backup: { image: DiskImage; files: (() => void) | undefined; bin: readonly Removal[] } | undefined;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.#visited = parts.relays;
    this.machine = parts.machine;
    const { trace, scheduler } = parts.machine;
    this.trouble = new DiskTrouble((code) => trace.count('anomaly', `${code} of a call`));
    this.lookedAt = new LookedAt(() => scheduler.now);
  }

  /** Has links to these relays, and to no others, from now on. */
  visit(relays: readonly SimRelay[]): void {
    this.#visited = relays;
    const { running } = this;
    // One that is ending has no use for links; the next one begins with these.
    if (running === undefined || this.#stopping !== undefined) return;
    const { links, process, replica } = running;
    for (const [relay, link] of links) {
      if (relays.includes(relay)) continue;
      links.delete(relay);
      void link.close();
    }
    for (const relay of relays) {
      if (links.has(relay)) continue;
      links.set(relay, replica.connect(simTransport(process, this.#parts.network, relay)));
    }
  }

  get files(): SimFiles | undefined {
    return this.#parts.files;
  }

  /** What of files it fetches by itself. */
  get bodies(): BodyPolicy {
    return this.#parts.bodies;
  }

  get name(): string {
    return this.machine.name;
  }

  /** What a person at the device works with, if it runs. */
  get running(): RunningDevice | undefined {
    return this.#running?.process.isAlive === true ? this.#running : undefined;
  }

  /** The program, also while it is still starting. */
  get process(): SimProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined;
  }

  /** Starts the program, if it does not run; resolves when it does. One that is killed on the way never does. */
  async start(folder: FolderId | undefined): Promise<void> {
    const ending = this.#stopping;
    if (this.process !== undefined && ending !== undefined) await ending;
    if (this.process === undefined) this.#starting = this.#start(this.machine.begin(), folder);
    return this.#starting;
  }

  async #start(process: SimProcess, id: FolderId | undefined): Promise<void> {
    this.#process = process;
    const random = this.machine.random.fork(`ids ${this.machine.starts}`);
    const replica = await openReplica({
      store: simStore(this.disk, process),
      blobs: simBlobs(this.disk, process),
      clock: process.clock,
      random,
      logger: silentLogger,
      deviceName: this.name,
      bodies: () => this.bodies,
      history: this.#parts.history,
      receiveBytes: takenBytes(this.machine.random),
      compaction: compactedOften(process.clock, (job) => this.machine.compacts('device', job)),
    });
    // What lies in a directory may be of an earlier time.
    const history = this.files !== undefined && copyOf(this.files, DIRECTORY).length > 0;
    const folder =
      id === undefined
        ? await replica.createFolder({ name: 'shared', caseSensitive: this.#parts.caseSensitive })
        : await replica.joinFolder(id, { history });
    const links = new Map<SimRelay, Link>();
    const running: RunningDevice = { process, replica, folder, links, mirror: undefined };
    this.#running = running;
    this.#parts.opened(running);
    this.visit(this.#visited);
    if (this.files !== undefined)
      this.#mirroring = this.#mirror(running, this.files).catch((error: unknown) =>
        this.#halts(process, error as Error),
      );
  }

  /** As `evermesh up` does: the directory is opened once the folder is here. */
  async #mirror(running: RunningDevice, files: SimFiles): Promise<void> {
    const { process, folder } = running;
    await folder.whenReady();
    this.#failuresBefore = this.trouble.failures;
    const mirror = await openMirror({
      folder,
      directory: DIRECTORY,
      create: true,
      clock: process.clock,
      random: this.machine.random.fork(`mirror ${this.machine.starts}`),
      fileSystem: troubledFileSystem(
        simFileSystem(files, process, (path) =>
          this.#parts.violate('L6', `${this.name} writes to ${path} where everybody sees it`),
        ),
        this.trouble,
        process,
      ),
      watcher: simWatcher(files, process, { lossy: true }),
      onEvent: (event) => {
        if (event.type === 'halted') this.#halts(process, event);
      },
    });
    running.mirror = mirror;
    mirror.start();
    this.lookedAt.begins();
    process.onDeath(() => this.lookedAt.ends());
  }

  /** As `evermesh up` does: the program ends. Nothing but what its disk or its store failed at is a reason for that. */
  #halts(
    process: SimProcess,
    { code, message }: { readonly code?: string; readonly message?: string },
  ): void {
    const { trace } = this.machine;
    const isExcused =
      (code === 'MIRROR_ROOT_INVALID' && this.trouble.failures > this.#failuresBefore) ||
      (code === 'STORE_FAILED' && this.disk.database.hasFailed);
    if (!isExcused) return this.#parts.violate('L12', `${this.name}'s mirror halts: ${code} ${message}`);
    trace.count('anomaly', `mirror halts: ${code}`);
    void this.stop()
      .catch(() => undefined)
      .finally(() => process.exit());
  }

  get lookedBefore(): number {
    return this.lookedAt.before;
  }

  /** Everything on its disk can be asked again. */
  heal(): void {
    this.trouble.heal();
    this.lookedAt.seesAgain('disk');
  }

  /** The mirror may not read some entry of the directory any more, if there is any. */
  takeRight(random: Seeded): void {
    if (this.files !== undefined && takeRight(this.files, DIRECTORY, random)) this.lookedAt.blind('rights');
  }

  giveRights(): void {
    if (this.files !== undefined) giveRights(this.files);
    this.lookedAt.seesAgain('rights');
  }

  /** Resolves when the directory is mirrored, if it is to be. */
  async mirrored(): Promise<void> {
    await this.#mirroring;
  }

  /** Its directory, if it mirrors one, was one of a mirror before: in front of any other, a store that says so halts the mirror. */
  get isMarked(): boolean {
    const { files } = this;
    return files?.look(DIRECTORY) === undefined
      ? files === undefined
      : [...files.walk(files.find(DIRECTORY))].some(([path]) => path === MARKER);
  }

  backUp(): void {
    this.#backup = { image: this.disk.copy(), files: this.files?.copy(), bin: [...this.bin] };
  }

  /** The last rest of the world of which the backup has everything. */
  get restOfBackup(): number {
    return this.#backup?.image.rest ?? 0;
  }

  get hasBackup(): boolean {
    return this.#backup !== undefined;
  }

  /** Sets the disk back to the last backup, if there is one; the program is not running. */
  restore(): void {
    if (this.#backup === undefined) return;
    this.disk.replace(this.#backup.image);
    this.#backup.files?.();
    this.bin.splice(0, Infinity, ...this.#backup.bin);
  }

  /** The disk of another machine takes the place of its own; what it mirrors stays. The program is not running. */
  become(disk: DiskImage): void {
    this.disk.replace(disk);
    this.bin.splice(0);
  }

  /** In good order. */
  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    this.#stopping ??= new Promise<void>((resolve) => {
      running.process.onDeath(resolve);
    }).then(() => {
      this.#stopping = undefined;
    });
    try {
      await running.mirror?.close();
      await running.replica.close();
    } finally {
      running.process.exit();
    }
  }
}
