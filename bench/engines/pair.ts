/** What a scenario asks of an engine: two directories on this machine, kept in step. */
import type { CountingProxy } from '../counting-proxy.ts';

/** An engine that runs on and notices changes by itself. */
export interface LivePair extends AsyncDisposable {
  readonly engine: string;
  readonly left: string;
  readonly right: string;
  /** What the engine keeps for itself at the top of both directories. */
  readonly ownNames: readonly string[];
  /** All that the two sides tell each other passes here. */
  readonly wire: CountingProxy;
  /** Starts the engine on a full left and an empty right directory and resolves when the right one has everything. */
  firstSync(): Promise<void>;
  /** What runs, by name. */
  processes(): ReadonlyMap<string, number>;
  /** The same promise, but it rejects if a process of the engine ends first. */
  whileAlive<Value>(promise: Promise<Value>): Promise<Value>;
  /**
   * Calls back when the engine says that it did something, for changes that no watched directory reports. Returns what
   * ends that.
   */
  onActivity(listener: () => void): () => void;
}

/** A command that compares two directories once, when somebody runs it. */
export interface OneShot {
  readonly engine: string;
  readonly left: string;
  readonly right: string;
  readonly ownNames: readonly string[];
  run(): Promise<void>;
}

/** Whether an engine can be measured here, and if not, what would have to be installed. */
export type Availability = { readonly version: string } | { readonly missing: string };
