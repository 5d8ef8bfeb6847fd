/** What a task is told, and how it looks at its own memory. */
export interface TaskOptions {
  /** Of this task, or of those before it whose store it opens. */
  readonly directory: string;
  readonly updates: number;
  readonly writers: number;
  readonly files: number;
  readonly documents: number;
  /** Of a tree. */
  readonly nodes: number;
  /** A recorded trace of edits; empty for the one that is generated. */
  readonly trace: string;
  /** How many edits of the trace; 0 for all. */
  readonly edits: number;
}

/** Amounts by name, in the unit that the scenario gives them. */
export type Amounts = Readonly<Record<string, number>>;

export type Task = (options: TaskOptions) => Promise<Amounts>;

/** Bytes that are alive in the heap of this process, and in arrays outside of it. */
export function liveBytes(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('A task runs with --expose-gc.');
  // What a first collection finds is let go by finalizers, and collected by the next.
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
