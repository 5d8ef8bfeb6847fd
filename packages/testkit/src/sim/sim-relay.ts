/** A relay's machine: what lies on its disk, and the relay's own code running on it, or not. */
import { silentLogger } from '@evermesh/core';
import { decodeMessage, type Message } from '@evermesh/core/protocol';
import {
  type Authorizer,
  DEFAULT_LIMITS,
  DeviceSession,
  FrameSocket,
  openRelayStores,
  PutCredits,
  type RawSocket,
  type RelayParts,
  type RelayStores,
} from '@evermesh/server/sessions';
import type { Grants } from './grants.ts';
import { CREDIT_TOLD, takenBytes } from './little-credit.ts';
import { compactedOften } from './often.ts';
import { simBlobs } from './sim-blobs.ts';
import { type DiskImage, SimDisk } from './sim-disk.ts';
import type { Line } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import { simStore } from './sim-store.ts';
import type { Machine } from './machine.ts';

/** Milliseconds between two looks at which peers are still there, as the relay's door has it. */
const LOOK_EVERY = 20_000;

const EVERYONE: Authorizer = { authorize: () => Promise.resolve('write') };

export interface RunningRelay {
  readonly process: SimProcess;
  readonly parts: RelayParts;
}

export class SimRelay {
  readonly machine: Machine;
  readonly disk: SimDisk = new SimDisk();
  #running:
    | (RunningRelay & { readonly stores: RelayStores; readonly sessions: Set<DeviceSession> })
    | undefined;
  /** The program, also while it is still starting. */
  #process: SimProcess | undefined;
  #starting: Promise<void> | undefined;
  /** Resolves when the program that was told to end has. */
  #stopping: Promise<void> | undefined;
  #backup: DiskImage | undefined;
  readonly #keep: number;
  readonly #grants: Grants | undefined;
  #quota: number | undefined;

  /**
   * @param keep milliseconds for which it keeps records as they came
   * @param grants what devices may do. Default: everything
   */
  constructor(machine: Machine, keep: number, grants?: Grants) {
    this.machine = machine;
    this.#keep = keep;
    this.#grants = grants;
  }

  /** What a device says that it is. */
  tokenOf(device: string): string {
    return this.#grants === undefined ? '' : device;
  }

  /** Bytes of records that a folder may have, and as many of blobs. Default: what the disk has. */
  get quota(): number | undefined {
    return this.#quota;
  }

  /** Its operator decides that, and starts the program anew if it runs: not before that it holds. */
  async limit(quota: number | undefined): Promise<void> {
    this.#quota = quota;
    const { process } = this;
    if (process === undefined) return;
    const over = new Promise<void>((resolve) => process.onDeath(resolve));
    // One that is starting has begun with the quota before.
    await Promise.race([this.#starting, over]);
    if (this.#stopping === undefined) await this.stop();
    else await over;
    await this.start();
  }

  get name(): string {
    return this.machine.name;
  }

  /** The program that listens, if one does. */
  get running(): RunningRelay | undefined {
    return this.#running?.process.isAlive === true ? this.#running : undefined;
  }

  get process(): SimProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined;
  }

  /** Starts the program, if it does not run; resolves when it does. One that is killed on the way never does. */
  async start(): Promise<void> {
    const ending = this.#stopping;
    if (this.process !== undefined && ending !== undefined) await ending;
    if (this.process === undefined) this.#starting = this.#start(this.machine.begin());
    return this.#starting;
  }

  async #start(process: SimProcess): Promise<void> {
    this.#process = process;
    const stores = await openRelayStores(
      simStore(this.disk, process),
      simBlobs(this.disk, process),
      this.machine.random.fork(`ids ${this.machine.starts}`),
      {
        ...compactedOften(process.clock, (job) => this.machine.compacts('relay', job)),
        keep: this.#keep,
        syncEvery: 5,
      },
      this.#quota,
    );
    const { registry, blobs } = stores;
    const parts: RelayParts = {
      registry,
      blobs,
      authorizer: this.#grants?.askedBy(process) ?? EVERYONE,
      credits: new PutCredits(takenBytes(this.machine.random) ?? DEFAULT_LIMITS.pendingBytes),
      clock: process.clock,
      logger: silentLogger,
    };
    const sessions = new Set<DeviceSession>();
    this.#running = { process, parts, stores, sessions };
    const look = (): void => {
      for (const session of sessions) session.look();
      process.later(LOOK_EVERY, look);
    };
    process.later(LOOK_EVERY, look);
  }

  /** In good order, as on SIGTERM. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running?.process.isAlive !== true) return;
    this.#stopping ??= new Promise<void>((resolve) => {
      running.process.onDeath(resolve);
    }).then(() => {
      this.#stopping = undefined;
    });
    try {
      await Promise.all([...running.sessions].map((session) => session.drain()));
      await running.stores.close();
    } finally {
      running.process.exit();
    }
  }

  /** Takes one end of a line: a device is at the other one. */
  accept(line: Line): void {
    const running = this.#running;
    if (running === undefined || !running.process.isAlive) return line.close('listener');
    const told = (frame: Uint8Array): void => this.#count(frame);
    const socket = new LineSocket(line, told);
    const session: DeviceSession = new DeviceSession(
      running.parts,
      new FrameSocket(socket, () => session.alive()),
    );
    running.sessions.add(session);
    let received = 0;
    line.attach('listener', {
      frame: (bytes) => {
        received += bytes.byteLength;
        told(bytes);
        session.received(received);
        session.frame(bytes, true);
      },
      closed: () => socket.over(),
    });
    socket.on('close', () => {
      running.sessions.delete(session);
      void session.closed();
    });
  }

  /** Of snapshots, of credit, and of what there is no room for: worlds in which there is none prove nothing of them. */
  #count(frame: Uint8Array): void {
    if (frame[0] === UNTAKEN) this.machine.trace.count('anomaly', NO_ROOM);
    const credit = CREDIT_TOLD.get(frame[0] as number);
    if (credit !== undefined) this.machine.trace.count('upkeep', credit);
    const way = SNAPSHOT_WAYS.get(frame[0] as number);
    if (way === undefined) return;
    const message = decodedOrNothing(frame);
    if (message?.type !== 'RECORDS' && message?.type !== 'PUT') return;
    for (const record of message.records)
      if (isSnapshotBytes(record)) this.machine.trace.count('anomaly', way);
  }

  backUp(): void {
    this.#backup = this.disk.copy();
  }

  /** The last rest of the world of which the backup has everything. */
  get restOfBackup(): number {
    return this.#backup?.rest ?? 0;
  }

  /** Sets the disk back to the last backup, or to nothing; the program is not running. */
  restore(): void {
    this.disk.replace(this.#backup);
  }

  wipe(): void {
    this.disk.replace();
  }
}

/** The first byte of the frame. */
const UNTAKEN = 19;
/** What is counted where relays have quotas. */
export const NO_ROOM = 'a relay has no room for what is put';

/** By the first byte of the frame: RECORDS and PUT. */
const SNAPSHOT_WAYS: ReadonlyMap<number, string> = new Map([
  [6, 'a state is sent'],
  [8, 'a state is put'],
]);

function decodedOrNothing(frame: Uint8Array): Message | undefined {
  try {
    return decodeMessage(frame);
  } catch {
    // Somebody babbles.
    return undefined;
  }
}

/** Of the fields that a record may have, its kind. */
const isSnapshotBytes = (record: Uint8Array): boolean => ((record[1] ?? 0) & 2) !== 0;

const OPEN = 1;
const CLOSED = 3;

/** The relay's end of a line, as `ws` would show it. */
class LineSocket implements RawSocket {
  readonly OPEN = OPEN;
  readyState: number = OPEN;
  readonly #line: Line;
  readonly #sending: (frame: Uint8Array) => void;
  readonly #closed: (() => void)[] = [];

  constructor(line: Line, sending: (frame: Uint8Array) => void) {
    this.#line = line;
    this.#sending = sending;
  }

  get bufferedAmount(): number {
    return this.#line.buffered('listener');
  }

  get isPaused(): boolean {
    return this.#line.isPaused('listener');
  }

  send(frame: Uint8Array, sent: () => void): void {
    this.#sending(frame);
    this.#line.send('listener', frame, sent);
  }

  close(): void {
    this.#line.close('listener');
    this.over();
  }

  terminate(): void {
    this.close();
  }

  pause(): void {
    this.#line.pause('listener');
  }

  resume(): void {
    this.#line.resume('listener');
  }

  on(_event: 'close', listener: () => void): void {
    this.#closed.push(listener);
  }

  over(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    for (const told of this.#closed) told();
  }
}
