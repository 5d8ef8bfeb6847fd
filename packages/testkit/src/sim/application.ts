/**
 * An application in a simulated world: code of the embedder's own, on the product's public API, that runs on every device in place
 * of the people who work with folders.
 */
import type { Clock } from '@evermesh/core/base';
import type { Folder, Replica } from '@evermesh/core';
import type { Seeded } from './seeded.ts';
import type { SimProcess } from './sim-process.ts';

/** What an application has on a device. It must take time and chance from here, and may wait for nothing else but the product. */
export interface AppDevice {
  /** Of the device: `anna`, `ben`, … */
  readonly name: string;
  readonly replica: Replica;
  /** The one that all devices share, with its tree here. */
  readonly folder: Folder;
  readonly clock: Clock;
  readonly random: Seeded;
}

export interface AppHand {
  readonly random: Seeded;
  /** Tells what is done, for the trace. */
  readonly say: (what: string) => void;
}

/** `Running` is what the embedder's code calls one run of his program on a device. */
export interface Application<Running> {
  /** The program begins on a device, for the first time or again; what it was before is killed, or has ended. */
  start(device: AppDevice): Running | Promise<Running>;
  /**
   * Somebody does one thing there, which the hand's `random` draws. The program may be killed in the middle: then nothing that it
   * waits for ever comes.
   */
  act(running: Running, hand: AppHand): void | Promise<void>;
  /** What must hold when the world rests and everything is everywhere: throws otherwise. @param all one of each device, in order */
  check(all: readonly Running[]): void | Promise<void>;
}

/** The runs of an application that there are: one for each program that has begun, as long as it lives. */
export class AppRuns {
  readonly #app: Application<unknown>;
  readonly #all = new Map<SimProcess, { readonly running: unknown }>();

  constructor(app: Application<unknown>) {
    this.#app = app;
  }

  async begin(process: SimProcess, device: AppDevice): Promise<void> {
    process.onDeath(() => this.#all.delete(process));
    await device.folder.whenReady();
    const running = await this.#app.start(device);
    if (process.isAlive) this.#all.set(process, { running });
  }

  /** What does something with the run in this program; nothing while it has not begun. */
  actor(process: SimProcess): ((hand: AppHand) => Promise<void>) | undefined {
    const found = this.#all.get(process);
    return found && (async (hand) => this.#app.act(found.running, hand));
  }

  /** @throws what the application says, or Error for a device on which it has not begun */
  async check(processes: readonly SimProcess[]): Promise<void> {
    const all = processes.map((process) => {
      const found = this.#all.get(process);
      if (found === undefined)
        throw new Error(`The application has not begun on ${process.parts.name}, long after it should.`);
      return found.running;
    });
    await this.#app.check(all);
  }
}
