/** What an `evermesh ... --json` process says, to be waited for. The fields of events are in docs/cli.md. */

export interface Told {
  readonly event: string;
  readonly [field: string]: unknown;
}

type Matches = (told: Told) => boolean;

/** One of these for each file of a first sync: they are counted, not kept. */
const PASSING = new Set(['change', 'progress']);

export class Telling {
  readonly #kept: Told[] = [];
  readonly #waiting = new Map<Matches, (told: Told) => void>();
  readonly #onSynced = new Set<() => void>();

  line(line: string): void {
    if (!line.startsWith('{')) return;
    const told = JSON.parse(line) as Told;
    if (PASSING.has(told.event)) return;
    this.#kept.push(told);
    if (told.event === 'synced') for (const listener of this.#onSynced) listener();
    for (const [matches, resolve] of this.#waiting) {
      if (!matches(told)) continue;
      this.#waiting.delete(matches);
      resolve(told);
    }
  }

  /** Forgets what was said, so that the next wait is for what comes. */
  forget(): void {
    this.#kept.length = 0;
  }

  /** Calls back each time that disk, store and relay hold the same. Returns what ends that. */
  onSynced(listener: () => void): () => void {
    this.#onSynced.add(listener);
    return () => void this.#onSynced.delete(listener);
  }

  /** The first event of this name for which `where` holds, said already or to come. */
  when(event: string, where: Matches = () => true): Promise<Told> {
    const matches: Matches = (told) => told.event === event && where(told);
    const found = this.#kept.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.set(matches, resolve));
  }
}
