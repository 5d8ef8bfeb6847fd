/** A scenario as a test runs it: once, from the sources, with amounts that take a moment, so that it is known to work. */
import type { Figures } from './figures.ts';
import { type Scenario, ScenarioOptions } from './scenarios/scenario.ts';
import { WorkDirectory } from './work-directory.ts';

/** @param given options that are not what they are without being given */
export async function shortRun(
  scenario: Scenario,
  given: Readonly<Record<string, string>>,
): Promise<Figures> {
  const defaults = Object.entries(scenario.options).map(([name, option]) => [name, option.default] as const);
  await using work = await WorkDirectory.open();
  const { figures } = await scenario.run({
    runs: 1,
    directory: work.path,
    options: new ScenarioOptions(new Map([...defaults, ...Object.entries(given)])),
    nodeArguments: ['--conditions=@evermesh/source'],
    say: () => undefined,
  });
  return figures;
}
