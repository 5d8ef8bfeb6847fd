/**
 * Virtual time and everything that is going to happen. One event happens at a time, followed by every continuation that it
 * set free; nothing else runs. So the order of events is the order of everything, and time passes only between them.
 */
export interface Scheduled {
  cancel(): void;
}

class Event implements Scheduled {
  /** Milliseconds of virtual time. */
  readonly at: number;
  /** Events of one time happen in the order they were scheduled in. */
  readonly order: number;
  run: (() => void) | undefined;

  constructor(at: number, order: number, run: () => void) {
    this.at = at;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

/** What somebody waits for. */
interface Awaited {
  readonly what: string;
  /** How many events may have happened before it. */
  readonly last: number;
}

/** Events between two looks at the real world: whoever wants to stop the program gets the chance to. */
const SLICE = 4096;

export class Scheduler {
  readonly #heap: Event[] = [];
  #now = 0;
  #order = 0;
  #happened = 0;
  /** What is waited for in the innermost place; undefined: nobody lets anything happen. */
  #awaited: Awaited | undefined;

  /** Milliseconds since the world began. */
  get now(): number {
    return this.#now;
  }

  /** How many events happened so far. */
  get happened(): number {
    return this.#happened;
  }

  /** @param delay in milliseconds, not negative */
  schedule(delay: number, run: () => void): Scheduled {
    const event = new Event(this.#now + delay, this.#order++, run);
    push(this.#heap, event);
    return event;
  }

  /**
   * Begins work, and lets things happen until it has ended. Within work that is waited for, it says what that waits for itself: the outermost
   * one lets things happen for all.
   * @param limit of events: a world that never comes to rest is a finding, not a test that hangs
   * @throws Error, the outermost one, if nothing is left to happen and the work has not ended, or the limit is reached; and what was
   * thrown where nobody waits for it, which would have ended a program
   */
  async until<T>(begin: () => Promise<T>, what: string, limit = 5_000_000): Promise<T> {
    const around = this.#awaited;
    this.#awaited = { what, last: this.#happened + limit };
    try {
      const work = begin();
      if (around === undefined) await this.#run(work);
      return await work;
    } finally {
      this.#awaited = around;
    }
  }

  /** Lets time pass, and whatever falls due in it happen. */
  pass(milliseconds: number): Promise<void> {
    const over = new Promise<void>((resolve) => this.schedule(milliseconds, resolve));
    return this.until(() => over, 'time to pass');
  }

  /** In slices, each within one turn of the real event loop, where every continuation runs at once when asked to. */
  #run(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    let crash: { readonly error: unknown } | undefined;
    const crashes = (error: unknown): void => {
      crash ??= { error };
    };
    // So is what was refused to nobody, as long as nobody listens for that.
    process.on('uncaughtException', crashes);
    const ended = new Promise<void>((resolve, reject) => {
      const slice = (): void => {
        try {
          for (let left = SLICE; left > 0; left--) {
            if (isOver) return resolve();
            const { what, last } = this.#awaited as Awaited;
            if (this.#happened >= last)
              throw new Error(`More happened than should while waiting for ${what}.`);
            if (!this.#next()) throw new Error(`Nothing is left to happen, and ${what} has not ended.`);
            runContinuations();
            if (crash !== undefined) throw crash.error;
          }
        } catch (error) {
          return reject(error);
        }
        setImmediate(slice);
      };
      setImmediate(slice);
    });
    return ended.finally(() => process.off('uncaughtException', crashes));
  }

  #next(): boolean {
    for (;;) {
      const event = pop(this.#heap);
      if (event === undefined) return false;
      const { run } = event;
      if (run === undefined) continue;
      this.#now = Math.max(this.#now, event.at);
      this.#happened += 1;
      run();
      return true;
    }
  }
}

/**
 * Runs every continuation of promises that waits, and what these set free, before it returns. Node has it for its own use
 * only; the public way, a turn of the event loop for each event, costs twenty times as much.
 */
const runContinuations: () => void = (process as unknown as { _tickCallback: () => void })._tickCallback;

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent] as Event)) break;
    heap[at] = heap[parent] as Event;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
    if (!isBefore(heap[child] as Event, last)) break;
    heap[at] = heap[child] as Event;
    at = child;
  }
  heap[at] = last;
  return first;
}
