/** What a part of the relay's measurements is given. */
import type { Figures } from '../figures.ts';
import type { ScenarioContext } from '../scenarios/scenario.ts';
import type { RelayEngine } from './engines.ts';
import type { RelayProcess } from './relay-process.ts';

export interface PartContext extends ScenarioContext {
  readonly figures: Figures;
  readonly notes: Set<string>;
  readonly engines: readonly RelayEngine[];
  /** A relay of this engine, empty. */
  start(engine: RelayEngine): Promise<RelayProcess>;
  /** A new directory. */
  newDirectory(): Promise<string>;
}

export type Part = (context: PartContext) => Promise<void>;

/** Does it with each engine in turn; one that fails is named and left out, and the others go on. */
export async function withEach(
  context: PartContext,
  what: string,
  measure: (engine: RelayEngine, relay: RelayProcess) => Promise<void>,
): Promise<void> {
  for (const engine of context.engines) {
    context.say(`${what}: ${engine.name}`);
    try {
      await using relay = await context.start(engine);
      await measure(engine, relay);
    } catch (error) {
      if (engine.peer === undefined) throw error;
      context.notes.add(`${what}: ${engine.name} did not get through it: ${(error as Error).message}`);
    }
  }
}
