/** How often two saves of a file come to what git makes of the same three texts: in merges that people made. */
import { basename, dirname, resolve } from 'node:path';
import { unitOf } from '@evermesh/core/model';
import { Figures } from '../figures.ts';
import { compare, type Verdict } from '../merges/agreement.ts';
import { gitCases } from '../merges/git-cases.ts';
import { mergeSaves, type Order } from '../merges/merge-saves.ts';
import { table } from '../table.ts';
import { type Scenario, type ScenarioContext, type ScenarioResult, UsageError } from './scenario.ts';

export const merges: Scenario = {
  name: 'merges',
  about: 'files that both sides of merges in git repositories changed, merged by git and by saves',
  options: {
    repositories: { default: '', about: 'directories of git repositories, with commas between them' },
    cases: { default: '100', about: 'how many files of each, from the newest merges on' },
  },
  run,
};

const VERDICTS: readonly Verdict[] = ['equal', 'twice', 'other', 'kept', 'blended'];

async function run({ options, directory, say }: ScenarioContext): Promise<ScenarioResult> {
  const repositories = options.list('repositories');
  if (repositories.length === 0)
    throw new UsageError('--repositories DIR,DIR names what to read merges from.');
  const counts = new Counts();
  for (const repository of repositories.map((path) => resolve(path))) {
    say(`merges of ${nameOf(repository)}`);
    for await (const one of gitCases(repository, options.count('cases'), directory)) {
      const unit = unitOf(basename(one.path));
      for (const order of ['apart', 'behind'] as const) {
        counts.add(nameOf(repository), order, compare(mergeSaves(one, unit, order), one));
      }
    }
  }
  return { figures: new Figures(), notes: NOTES, appendix: counts.table() };
}

const NOTES = [
  'apart: each device saves before anything of the other arrives. behind: what the left one saved has arrived where the right one',
  'is saved, and is not on its disk yet. equal, twice (all that git has, and lines of it once more), other: where git is clean.',
  'kept (no line that is in none of the three texts), blended (such a line): where git finds a conflict.',
];

/** A bare repository is often called `repo` or `.git`: the directory around it tells more. */
const nameOf = (repository: string): string =>
  ['repo', '.git'].includes(basename(repository)) ? basename(dirname(repository)) : basename(repository);

class Counts {
  readonly #rows = new Map<string, Map<Verdict, number>>();

  add(repository: string, order: Order, verdict: Verdict): void {
    for (const row of [`${repository}, ${order}`, `all, ${order}`]) {
      const counts = this.#rows.get(row) ?? new Map<Verdict, number>();
      this.#rows.set(row, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
    }
  }

  table(): string {
    const rows = [...this.#rows].toSorted(
      ([a], [b]) => Number(a.startsWith('all')) - Number(b.startsWith('all')),
    );
    return table(
      ['', ...VERDICTS, 'equal of clean'],
      rows.map(([row, counts]) => {
        const [equal = 0, twice = 0, other = 0] = VERDICTS.map((one) => counts.get(one) ?? 0);
        const share = ((100 * equal) / (equal + twice + other)).toFixed(2);
        return [row, ...VERDICTS.map((one) => `${counts.get(one) ?? 0}`), `${share} %`];
      }),
    );
  }
}
