/** `npm run bench -- SCENARIO`: lists scenarios, runs one, and prints what it measured. */
import { writeFile } from 'node:fs/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { describeMachine, machineText } from './machine.ts';
import { compaction } from './scenarios/compaction.ts';
import { fetch } from './scenarios/fetch.ts';
import { firstMesh } from './scenarios/first-mesh.ts';
import { largeFile } from './scenarios/large-file.ts';
import { log } from './scenarios/log.ts';
import { merges } from './scenarios/merges.ts';
import { relay } from './scenarios/relay.ts';
import { saves } from './scenarios/saves.ts';
import { type Scenario, ScenarioOptions, UsageError } from './scenarios/scenario.ts';
import { tree } from './scenarios/tree.ts';
import { figuresTable } from './table.ts';
import { WorkDirectory } from './work-directory.ts';

const SCENARIOS: readonly Scenario[] = [
  firstMesh,
  relay,
  log,
  compaction,
  tree,
  fetch,
  merges,
  saves,
  largeFile,
];

const COMMON = {
  runs: { default: '3', about: 'how often each engine is measured; the table shows the median' },
  json: { default: '', about: 'also write everything that was measured to this file' },
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<void> {
  const [name = ''] = args;
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) {
    const isQuestion = name === '' || name === '--help' || name === '-h';
    if (!isQuestion) throw new UsageError(`There is no scenario '${name}'.\n\n${overview()}`);
    console.log(overview());
    return;
  }
  const values = readValues(scenario, args.slice(1));
  if (values === undefined) console.log(help(scenario));
  else await measure(scenario, new ScenarioOptions(values));
}

function say(line: string): void {
  console.error(`  ${line}`);
}

async function measure(scenario: Scenario, options: ScenarioOptions): Promise<void> {
  const runs = Math.max(1, options.count('runs'));
  await using work = await WorkDirectory.open();
  const machine = await describeMachine(work.path);
  console.log(`${scenario.name}: ${scenario.about}\n${machineText(machine)}`);
  const result = await scenario.run({ runs, directory: work.path, options, nodeArguments: [], say });
  for (const note of result.notes) console.log(note);
  if (result.figures.bySubject().size > 0) console.log(`\n${figuresTable(result.figures)}`);
  if (result.appendix !== undefined) console.log(`\n${result.appendix}`);
  const file = options.text('json');
  if (file === '') return;
  const { notes, figures } = result;
  const told = { scenario: scenario.name, machine, options, notes, figures };
  await writeFile(file, `${JSON.stringify(told, undefined, 2)}\n`);
}

/** Nothing if help was asked for. */
function readValues(scenario: Scenario, args: readonly string[]): Map<string, string> | undefined {
  const known = { ...scenario.options, ...COMMON };
  const config: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const [name, option] of Object.entries(known)) {
    config[name] = { type: 'string', default: option.default };
  }
  const values = parse(args, config);
  if (values['help'] === true) return undefined;
  return new Map(Object.keys(known).map((name) => [name, String(values[name])]));
}

function parse(args: readonly string[], options: ParseArgsConfig['options']): Record<string, unknown> {
  try {
    return parseArgs({ args: [...args], options: options! }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function overview(): string {
  const lines = SCENARIOS.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`);
  return [
    'npm run bench -- SCENARIO [--runs N] [--json FILE] [OPTIONS]',
    'npm run bench -- SCENARIO --help',
    '',
    'Scenarios:',
    ...lines,
  ].join('\n');
}

function help(scenario: Scenario): string {
  const lines = Object.entries({ ...scenario.options, ...COMMON }).map(([name, option]) => {
    const preset = option.default === '' ? '' : ` [${option.default}]`;
    return `  --${name.padEnd(14)} ${option.about}${preset}`;
  });
  return [`npm run bench -- ${scenario.name}: ${scenario.about}`, '', ...lines].join('\n');
}
