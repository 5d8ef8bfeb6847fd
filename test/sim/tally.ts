/** What happened in many worlds, how often; and what should have, and did not. */
import {
  CASE_PAIR,
  COLLECTED,
  CREDIT,
  GRANTS,
  NO_ROOM,
  ON_DEMAND,
  type Profile,
  type StepType,
  VERSIONS,
} from '@evermesh/testkit/sim';
import type { Outcome } from './outcome.ts';

/** Runs in a row in which each kind of step has to happen at least once. */
const WITHIN = 100;
const LEAST_DEVICES = 3;
const LEAST_OPERATIONS = 100;
/** Documents of devices that are folded in a world, on average at least: where it seldom happens, little is said of it. */
const LEAST_COMPACTIONS = 5;
/** Blobs that devices collect in a world, on average at least, where they keep few versions. */
const LEAST_COLLECTED = 2;

/** Pairs of names that differ in case only, in a world whose folder tells them apart, on average at least. */
const LEAST_CASE_PAIRS = 1;

/** What of bodies that are left has to happen a world, on average at least. */
const LEAST_ON_DEMAND: readonly (readonly [what: string, least: number])[] = [
  [ON_DEMAND.opened, 1],
  [ON_DEMAND.refused, 0.2],
  [ON_DEMAND.unread, 0.1],
  [ON_DEMAND.left, 1],
];

/** What has to happen a world, on average at least, where relays ask what a device may do, or have no room for everything. */
const LEAST_OF_GRANTS: typeof LEAST_ON_DEMAND = [
  [GRANTS.waits, 1],
  [GRANTS.hidden, 0.5],
];
const LEAST_OF_QUOTAS: typeof LEAST_ON_DEMAND = [[NO_ROOM, 1]];
/** Some machines of each world take little at a time. */
const LEAST_CREDIT: typeof LEAST_ON_DEMAND = [
  [CREDIT.raised, 5],
  [CREDIT.out, 0.05],
];

/** What has to happen a world, on average at least, where people go back to what files were. */
const LEAST_OF_VERSIONS: typeof LEAST_ON_DEMAND = [
  [VERSIONS.restored, 0.5],
  [VERSIONS.exact, 0.1],
  [VERSIONS.settled, 0.05],
];
/** Of contents that are too large for one blob. */
const LEAST_OF_CHUNKS: typeof LEAST_ON_DEMAND = [[VERSIONS.chunked, 0.05]];

const KINDS = ['operation', 'fault', 'anomaly', 'upkeep'] as const;

export class Tally {
  readonly #counts = {
    operation: new Map<string, number>(),
    fault: new Map<string, number>(),
    anomaly: new Map<string, number>(),
    upkeep: new Map<string, number>(),
  };
  /** The last run in which each step of the profile happened: 0 for none. */
  readonly #last: Map<string, number>;
  readonly #lacks = new Set<string>();
  readonly #hasCase: boolean;
  readonly #collects: boolean;
  /** What has to happen how often in a world, on average at least. */
  readonly #least: typeof LEAST_ON_DEMAND;
  runs = 0;
  operations = 0;

  constructor({
    weights,
    caseSensitive = false,
    onDemand = false,
    grants = false,
    history,
  }: Pick<Profile, 'weights' | 'caseSensitive' | 'onDemand' | 'grants' | 'history'>) {
    const has = (type: StepType): boolean => (weights[type] ?? 0) > 0;
    this.#collects = history !== undefined;
    this.#least = [
      ...LEAST_CREDIT,
      ...(onDemand ? LEAST_ON_DEMAND : []),
      ...(grants ? LEAST_OF_GRANTS : []),
      ...(has('relay has a quota') ? LEAST_OF_QUOTAS : []),
      ...(has('restore version') ? LEAST_OF_VERSIONS : []),
      ...(has('attach over') ? LEAST_OF_CHUNKS : []),
    ];
    this.#hasCase = caseSensitive;
    const enabled = Object.entries(weights).filter(([, weight]) => weight > 0);
    this.#last = new Map(enabled.map(([type]) => [type, 0]));
  }

  add({ seed, counts, operations, devices }: Outcome): void {
    this.runs += 1;
    this.operations += operations;
    if (devices < LEAST_DEVICES) this.#lacks.add(`the world of seed ${seed} has only ${devices} devices`);
    if (operations < LEAST_OPERATIONS)
      this.#lacks.add(`people did only ${operations} things in the world of seed ${seed}`);
    for (const kind of KINDS) {
      const sums = this.#counts[kind];
      for (const [what, count] of Object.entries(counts[kind])) {
        sums.set(what, (sums.get(what) ?? 0) + count);
        if (this.#last.has(what)) this.#last.set(what, this.runs);
      }
    }
    for (const [what, last] of this.#last)
      if (this.runs - last >= WITHIN) this.#lacks.add(`'${what}' did not happen in ${WITHIN} runs in a row`);
  }

  /** Why these runs prove less than they should, if so: one line each. */
  get lacks(): string[] {
    const folded = this.#counts.upkeep.get('device compacts') ?? 0;
    const isTooFew = this.runs >= WITHIN && folded < LEAST_COMPACTIONS * this.runs;
    const collected = this.#counts.upkeep.get(COLLECTED) ?? 0;
    const areFew = this.#collects && this.runs >= WITHIN && collected < LEAST_COLLECTED * this.runs;
    const pairs = this.#counts.anomaly.get(CASE_PAIR) ?? 0;
    const hasFewPairs = this.#hasCase && this.runs >= WITHIN && pairs < LEAST_CASE_PAIRS * this.runs;
    const rare = this.#least.filter(([what, least]) => this.#countOf(what) < least * this.runs);
    const isRare = this.runs >= WITHIN;
    return [
      ...this.#lacks,
      ...(isRare
        ? rare.map(([what]) => `'${what}' only ${this.#countOf(what)} times in ${this.runs} runs`)
        : []),
      ...(isTooFew ? [`devices compacted only ${folded} documents in ${this.runs} runs`] : []),
      ...(areFew ? [`devices collected only ${collected} blobs in ${this.runs} runs`] : []),
      ...(hasFewPairs ? [`only ${pairs} ${CASE_PAIR}, in ${this.runs} runs`] : []),
    ];
  }

  #countOf(what: string): number {
    return this.#counts.anomaly.get(what) ?? this.#counts.upkeep.get(what) ?? 0;
  }

  get counts(): Outcome['counts'] {
    const { operation, fault, anomaly, upkeep } = this.#counts;
    return {
      operation: sorted(operation),
      fault: sorted(fault),
      anomaly: sorted(anomaly),
      upkeep: sorted(upkeep),
    };
  }

  table(): string {
    const { operation, fault, anomaly, upkeep } = this.counts;
    return [
      ...part('operations', operation),
      ...part('faults', fault),
      ...part('anomalies', anomaly),
      ...part('upkeep', upkeep),
    ].join('\n');
  }
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

const part = (title: string, counts: Record<string, number>): string[] => [
  title,
  ...Object.entries(counts).map(([what, count]) => `${String(count).padStart(9)}  ${what}`),
];
