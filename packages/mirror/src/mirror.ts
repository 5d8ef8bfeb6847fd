/**
 * A directory on disk and a folder, kept in step. One thing happens at a time: a cycle, a survey wait for each
 * other. Nothing runs on a clock of its own: the watcher, the folder and what is known to be due wake the mirror.
 */
import { type ErrorCode, EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import { SerialQueue, type Timer } from '@evermesh/core/base';
import { Cycle, type CycleParts } from './cycle.ts';
import { isOfDisk } from './fs/file-system.ts';
import type { Watcher } from './fs/watcher.ts';
import type { KeptState } from './marker.ts';
import { NextLook } from './next-look.ts';
import { pause } from './pause.ts';
import type { MirrorStatus } from './status.ts';
import { ShownTelling } from './shown-telling.ts';
import { type MirrorSurvey, survey } from './survey.ts';
import { type MirrorDifference, verify } from './verify.ts';
import { Watching } from './watching.ts';

/** Milliseconds from a watcher's event to the look: a program that opens, writes and closes is seen once. */
const GATHER = 2;
/** Looks in a row that change nothing and leave something open, before `settle` goes without it. */
const PATIENCE = 10;
/** What was noted before one of these holds: the next start goes on from there. */
const SOUND_HALTS: ReadonlySet<ErrorCode> = new Set(['MIRROR_HALTED', 'FORMAT_TOO_NEW']);

export interface MirrorParts {
  readonly cycle: Omit<CycleParts, 'watch'>;
  readonly whenReady: () => Promise<void>;
  readonly watcher: Watcher;
  readonly kept: KeptState;
  readonly recovering: boolean;
  readonly unlock: () => Promise<void>;
}

export class Mirror {
  /** The real path of the mirrored directory. */
  readonly directory: string;
  readonly #parts: MirrorParts;
  readonly #cycle: Cycle;
  readonly #watching: Watching;
  readonly #next: NextLook;
  readonly #work: SerialQueue = new SerialQueue();
  readonly #ending: AbortController = new AbortController();
  readonly #stopListening: () => void;
  #started = false;
  #asleep: (() => void) | undefined;
  #queued = false;
  /** At the last rest nothing was open. */
  #isInStep = false;
  readonly #telling: ShownTelling;
  #timer: Timer | undefined;
  #gathering: Timer | undefined;
  #halted: EvermeshError | undefined;
  #closing: Promise<void> | undefined;

  /** Use `openMirror`. */
  constructor(parts: MirrorParts) {
    const { disk, ancestor, board, toDo, looks, clock, folder } = parts.cycle;
    this.#parts = parts;
    this.directory = disk.root;
    this.#watching = new Watching(parts.watcher, ancestor, board, {
      dirty: (directory) => {
        toDo.directories([directory]);
        this.#gathering ??= clock.after(GATHER, () => {
          this.#gathering = undefined;
          this.#wake();
        });
      },
      lost: () => {
        toDo.directories('all');
        this.#wake();
      },
    });
    const watch: CycleParts['watch'] = (...directory) => this.#watching.watch(...directory);
    this.#cycle = new Cycle({ ...parts.cycle, watch }, parts.kept, parts.recovering);
    this.#telling = new ShownTelling(folder.nodes, ancestor);
    this.#next = new NextLook(clock, looks, toDo, () => this.#watching.isIncomplete);
    this.#stopListening = folder.nodes.changed.add((ids) => {
      toDo.nodes(ids);
      this.#wake();
    });
  }

  /** Why the mirror stopped by itself. It begins again only by being opened again. */
  get halted(): EvermeshError | undefined {
    return this.#halted;
  }

  /** Begins to watch, and keeps directory and folder in step until `close`. Told by events, a halt as well. */
  start(): void {
    if (this.#started || this.#closing !== undefined || this.#halted !== undefined) return;
    const { disk, toDo } = this.#parts.cycle;
    this.#started = true;
    this.#asleep = disk.fs.stayAlive();
    this.#watching.start(disk.root);
    toDo.directories('all');
    toDo.nodes('all');
    this.#wake();
  }

  /**
   * Resolves when a full look at directory and folder finds nothing more to do, with the number of changes made on the
   * way; what is written to without a pause, or fails, is in `status().problems`. While the folder has not arrived, it
   * does nothing. Works whether the mirror was started or not.
   * @throws MIRROR_HALTED; FORMAT_TOO_NEW for a folder that only a later version shows as it is
   */
  settle(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<number> {
    return this.#guarded(options.signal, async (signal) => {
      const { toDo, looks } = this.#parts.cycle;
      toDo.directories('all');
      toDo.nodes('all');
      let changes = 0;
      for (let patience = PATIENCE; ;) {
        const before = changes;
        changes += await this.#cycles(signal);
        if (!this.#parts.cycle.folder.nodes.ready) return changes;
        const wait = this.#next.wait(['again']);
        if (changes === before) patience -= 1;
        if (wait === undefined || patience === 0) break;
        await pause(this.#parts.cycle, wait, signal);
        // Without a watch nobody tells where to: what is gone from one directory may be in any other.
        if (!this.#started && looks.due !== undefined) toDo.directories('all');
        this.#next.take();
      }
      this.#settled();
      return changes;
    });
  }

  /** Looks, and changes nothing: how much is to be done. Fills `problems`, `ignored` and `notHere` of the status. */
  survey(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<MirrorSurvey> {
    return this.#guarded(options.signal, (signal) => survey(this.#parts.cycle, signal));
  }

  /** Compares every file on disk with its document, by content, and changes nothing. */
  verify(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<MirrorDifference[]> {
    return this.#guarded(options.signal, (signal) => verify(this.#parts.cycle, signal));
  }

  /** Resolves when what disk and folder told of so far was seen to, as far as it can be at once. */
  async idle(): Promise<void> {
    await this.#work.idle();
  }

  status(): MirrorStatus {
    const { board, folder, ancestor } = this.#parts.cycle;
    return board.status(folder.nodes, ancestor);
  }

  /** Ends the watching and what is being done, at the next point where that is safe, and gives the directory back. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#rest();
    this.#telling.end();
    this.#stopListening();
    this.#ending.abort(closedError());
    await this.#work.idle();
    try {
      const isSound = this.#halted === undefined || SOUND_HALTS.has(this.#halted.code);
      const isClean = !this.#cycle.recovering && isSound;
      if (isClean) await this.#cycle.keepState({ ...this.#cycle.state, clean: true });
    } finally {
      await this.#parts.unlock();
      this.#parts.cycle.board.state = 'closed';
    }
  }

  /** Stops whatever would wake the mirror. */
  #rest(): void {
    this.#watching.close();
    this.#timer?.cancel();
    this.#gathering?.cancel();
    this.#asleep?.();
    this.#asleep = undefined;
  }

  #wake(): void {
    if (!this.#started || this.#queued || this.#closing !== undefined || this.#halted !== undefined) return;
    this.#queued = true;
    // What fails halts the mirror, which tells it: nobody waits here.
    void this.#guarded(undefined, async (signal) => {
      this.#queued = false;
      await this.#cycles(signal);
      this.#sleep();
    }).catch(() => undefined);
  }

  /** Until something happens, or is due. */
  #sleep(): void {
    const { clock, folder } = this.#parts.cycle;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (!folder.nodes.ready) {
      void this.#parts.whenReady().then(
        () => this.#wake(),
        () => undefined,
      );
      return;
    }
    const wait = this.#next.wait();
    this.#settled();
    if (wait === undefined) return;
    this.#timer = clock.after(wait, () => {
      this.#next.take();
      this.#wake();
    });
  }

  /** Cycles until nothing can be done at once. Returns the number of changes made. */
  async #cycles(signal: AbortSignal): Promise<number> {
    const { toDo, folder } = this.#parts.cycle;
    let changes = 0;
    while (toDo.isAny) {
      if (toDo.isFull) this.#watching.beginFull();
      changes += await this.#cycle.run(signal);
      if (!folder.nodes.ready) return changes;
      this.#watching.endCycle();
      this.#next.update();
    }
    return changes;
  }

  #settled(): void {
    const { board, tell, toDo, looks, folder } = this.#parts.cycle;
    if (!this.#cycle.recovering) this.#telling.begin();
    if (toDo.hasAgain || toDo.hasLater || looks.due !== undefined) {
      board.state = 'waiting';
      return;
    }
    const isTold = this.#isInStep && board.state === 'in step';
    board.state = 'in step';
    // Contents that are not here may still come: the status says that they are waited for.
    this.#isInStep = ![...board.notHere].some((id) => folder.nodes.node(id)?.id === id);
    if (isTold || !this.#isInStep) return;
    tell({ type: 'inStep' });
  }

  async #guarded<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closedError();
    const ending = this.#ending.signal;
    const isRest = this.#telling.pause();
    return this.#work
      .run(async () => {
        const either = signal === undefined ? ending : AbortSignal.any([signal, ending]);
        either.throwIfAborted();
        if (this.#halted !== undefined) throw this.#halted;
        try {
          this.#checkFolder();
          const done = await work(either);
          // What arrived meanwhile may be more than this version knows to show.
          this.#checkFolder();
          return done;
        } catch (error) {
          either.throwIfAborted();
          throw this.#halt(error);
        }
      })
      .finally(isRest);
  }

  #checkFolder(): void {
    const { failure } = this.#parts.cycle.folder.nodes;
    if (failure !== undefined) throw failure;
  }

  #halt(cause: unknown): EvermeshError {
    const error = isEvermeshError(cause) ? cause : this.#stopped(cause);
    this.#halted = error;
    this.#rest();
    const { board, tell } = this.#parts.cycle;
    board.state = 'halted';
    tell({ type: 'halted', code: error.code, message: error.message });
    return error;
  }

  /** What fails at one path is a problem; what fails here concerns the directory as a whole, or is a mistake. */
  #stopped(cause: unknown): EvermeshError {
    if (!isOfDisk(cause))
      return new EvermeshError('INTERNAL', `The mirror stopped: ${String(cause)}`, { cause });
    const what = `${this.directory} cannot be mirrored any more: ${(cause as Error).message}. Nothing counts as deleted.`;
    return new EvermeshError('MIRROR_ROOT_INVALID', what, { cause, details: { directory: this.directory } });
  }
}

const closedError = (): EvermeshError => new EvermeshError('STORE_CLOSED', 'The mirror is closed.');
