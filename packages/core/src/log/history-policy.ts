/** How much of what a document was is kept, and which steps of it are one. */

export interface HistoryPolicy {
  /** Milliseconds for which every version is kept. */
  readonly everything: number;
  /** Of what is older, the last version in each so many milliseconds, for so many. The finer ones first, each of them for longer. */
  readonly thinned: readonly { readonly every: number; readonly for: number }[];
}

const DAY = 86_400_000;

/** Every version for a day, one a day for 30 days, one in 30 days for a year. */
export const historyPolicy: HistoryPolicy = {
  everything: DAY,
  thinned: [
    { every: DAY, for: 30 * DAY },
    { every: 30 * DAY, for: 365 * DAY },
  ],
};

/** What is older than all that is kept: of it only what what follows builds on. */
export const TOO_OLD = 'too old';

/**
 * Of neighbours in one period the last is kept. Periods begin at whole multiples of their length, so a version is in the same one
 * whenever it is asked.
 * @param seen when this replica had it, in milliseconds since 1970
 */
export function periodOf({ thinned }: HistoryPolicy, seen: number, now: number): string {
  const level = thinned.find((each) => now - seen < each.for);
  return level === undefined ? TOO_OLD : `${level.every}/${Math.floor(seen / level.every)}`;
}

/** Whether of what was seen at these times the later is kept alone. */
export const isOnePeriod = (policy: HistoryPolicy, now: number, ...seen: [number, number]): boolean => {
  const [one, other] = seen.map((each) => periodOf(policy, each, now));
  return one === other || one === TOO_OLD;
};

/** Policies that keep less and less, for a document of which what should be kept is too much. */
export const stricter = (policy: HistoryPolicy): HistoryPolicy[] => [
  policy,
  { ...policy, thinned: policy.thinned.slice(-1) },
  { ...policy, thinned: [] },
];
