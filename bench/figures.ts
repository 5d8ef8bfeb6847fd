/** What a scenario measured: one value a run for each subject and engine, and what each subject should reach. */
import { median } from './measure.ts';

export const EVERMESH = 'evermesh';

export interface Figure {
  readonly subject: string;
  readonly engine: string;
  readonly unit: string;
  /** One a run. */
  readonly values: number[];
}

/** A ceiling for Evermesh's median: an amount in the unit of the figure, or a share of another engine's median. */
export type Ceiling = { readonly atMost: number } | { readonly atMost: number; readonly timesOf: string };

/** Whether an engine is one of those that were asked for, by the first word of its name; without any, all are. */
export const isNamed = (engine: string, names: readonly string[]): boolean =>
  names.length === 0 || names.includes(engine.split(',', 1)[0]!);

export class Figures {
  readonly #figures: Figure[] = [];
  readonly #ceilings = new Map<string, Ceiling>();

  add(subject: string, engine: string, unit: string, value: number): void {
    const found = this.find(subject, engine);
    if (found === undefined) this.#figures.push({ subject, engine, unit, values: [value] });
    else found.values.push(value);
  }

  /** Says what Evermesh should reach; the table prints it beside the figure. */
  reach(subject: string, ceiling: Ceiling): void {
    this.#ceilings.set(subject, ceiling);
  }

  find(subject: string, engine: string): Figure | undefined {
    return this.#figures.find((figure) => figure.subject === subject && figure.engine === engine);
  }

  /** Figures of one subject stand together, subjects in the order in which they were first measured. */
  bySubject(): Map<string, Figure[]> {
    const subjects = new Map<string, Figure[]>();
    for (const figure of this.#figures) {
      const members = subjects.get(figure.subject);
      if (members === undefined) subjects.set(figure.subject, [figure]);
      else members.push(figure);
    }
    return subjects;
  }

  /** Evermesh's median divided by this one's; nothing for Evermesh itself or where there is nothing to divide. */
  ratio(figure: Figure): number | undefined {
    if (figure.engine === EVERMESH) return undefined;
    const own = this.find(figure.subject, EVERMESH);
    const theirs = median(figure.values);
    return own === undefined || theirs === 0 ? undefined : median(own.values) / theirs;
  }

  /** In words, and whether it holds; nothing if the subject has no ceiling or its peer was not measured. */
  verdict({ subject, engine, unit, values }: Figure): { reach: string; isMet: boolean } | undefined {
    const ceiling = this.#ceilings.get(subject);
    if (ceiling === undefined || engine !== EVERMESH) return undefined;
    if (!('timesOf' in ceiling)) {
      return { reach: `<= ${ceiling.atMost} ${unit}`, isMet: median(values) <= ceiling.atMost };
    }
    const peer = this.find(subject, ceiling.timesOf);
    if (peer === undefined) return undefined;
    const isMet = median(values) <= ceiling.atMost * median(peer.values);
    return { reach: `<= ${ceiling.atMost}x ${ceiling.timesOf}`, isMet };
  }

  toJSON(): unknown {
    return this.#figures.map((figure) => ({
      ...figure,
      median: median(figure.values),
      ratio: this.ratio(figure),
      ...this.verdict(figure),
    }));
  }
}
