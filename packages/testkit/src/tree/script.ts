/**
 * What happens to a folder on several replicas, drawn from a seed. Numbers choose among what there is when their turn comes, so a
 * script from which something was taken out still makes sense.
 */
import { Seeded } from '../sim/seeded.ts';

/** What somebody does on one replica. */
export type Deed =
  | { readonly does: 'mkdir' | 'link'; readonly where: number; readonly name: string }
  | { readonly does: 'create'; readonly where: number; readonly name: string; readonly content: Content }
  /** Finds what other replicas may find as well before they meet: it gets the same identity everywhere. */
  | {
      readonly does: 'import';
      readonly where: number;
      readonly name: string;
      readonly kind: 'directory' | 'file';
    }
  /** As `rename(2)`: what has the new name may be replaced. Without a name it keeps its own. */
  | {
      readonly does: 'move';
      readonly what: number;
      readonly where: number | undefined;
      readonly name: string | undefined;
    }
  /** A directory into a directory. */
  | { readonly does: 'nest'; readonly what: number; readonly where: number }
  /** `rm`, and `rm -r`. */
  | { readonly does: 'remove' | 'remove all'; readonly what: number }
  /** Exactly these, whatever is inside. */
  | { readonly does: 'remove some'; readonly which: readonly number[] }
  /** A file becomes an empty directory, a directory a file, in one operation. */
  | { readonly does: 'change kind'; readonly what: number }
  | { readonly does: 'edit'; readonly what: number; readonly content: Content; readonly at: number }
  /** Somebody saves what was removed, as an editor does that has it open. */
  | { readonly does: 'edit removed'; readonly what: number }
  | { readonly does: 'mode'; readonly what: number }
  | { readonly does: 'restore'; readonly what: number }
  | {
      readonly does: 'place removed';
      readonly what: number;
      readonly where: number;
      readonly name: string;
    };

export type Content = 'text' | 'binary' | 'empty';

export type Happening =
  | { readonly type: 'deed'; readonly replica: number; readonly deed: Deed }
  /** In one atomic operation. */
  | { readonly type: 'deeds'; readonly replica: number; readonly deeds: readonly Deed[] }
  /** The next records of some author in some document, several times, in any order between these. */
  | {
      readonly type: 'receive';
      readonly replica: number;
      readonly picks: readonly number[];
      /** Handed over together, or one after the other. */
      readonly together: boolean;
    }
  /** A record that is here already, or one whose predecessor is not. */
  | { readonly type: 'stray'; readonly replica: number; readonly pick: number }
  /** Hears how far files have come elsewhere, without their records. */
  | { readonly type: 'hear'; readonly replica: number; readonly picks: readonly number[] }
  /** Receives all that another one has. */
  | { readonly type: 'meet'; readonly replica: number; readonly from: number }
  /** Ends, and begins again with what it stored. */
  | { readonly type: 'restart'; readonly replica: number };

const NAMES = ['a', 'A', 'b', 'docs', 'Docs', 'n.md', 'N.md', 'caf\u00e9', 'cafe\u0301', 'con', 'x.', 'x_'];

/** What happens in one run. */
export interface DrawnScript {
  readonly replicas: number;
  /** Whether names that differ in case only are two names in the folder. */
  readonly caseSensitive: boolean;
  readonly script: Happening[];
}

/** Draws one from a seed. */
export function drawScript(seed: string): DrawnScript {
  const random = new Seeded(seed);
  const script = random.chance(0.8) ? commonGround(new Seeded(`${seed} ground`).chance(0.25)) : [];
  const length = 20 + random.below(130);
  while (script.length < length) script.push(happening(random));
  // From a stream of its own, so that what happens is the same either way.
  const caseSensitive = new Seeded(`${seed} names`).chance(0.25);
  return { replicas: 3 + random.below(3), caseSensitive, script };
}

/**
 * A few directories that all know, so that what is done to them meets.
 * @param united whether one of them is two that were made apart, spelled otherwise: few runs come to that by themselves
 */
function commonGround(united: boolean): Happening[] {
  const deeds: Deed[] = [
    ...['a', 'b', 'docs', 'n.md'].map((name): Deed => ({ does: 'mkdir', where: 0, name })),
    ...[1, 2, 3].map((where): Deed => ({ does: 'create', where, name: 'x_', content: 'text' })),
  ];
  return [
    ...deeds.map((deed): Happening => ({ type: 'deed', replica: 0, deed })),
    ...(united ? [otherSpelling] : []),
    ...(united ? [{ type: 'meet', replica: 0, from: 1 } as const] : []),
    ...[1, 2, 3, 4].map((replica): Happening => ({ type: 'meet', replica, from: 0 })),
  ];
}

const otherSpelling: Happening = {
  type: 'deed',
  replica: 1,
  deed: { does: 'mkdir', where: 0, name: 'Docs' },
};

const HAPPENINGS: readonly [weight: number, draw: (random: Seeded) => Happening][] = [
  [16, (r) => ({ type: 'deed', replica: number(r), deed: deed(r) })],
  [2, (r) => ({ type: 'deeds', replica: number(r), deeds: several(r, 2, 4, deed) })],
  [
    7,
    (r) => ({
      type: 'receive',
      replica: number(r),
      picks: several(r, 1, 10, number),
      together: r.chance(0.5),
    }),
  ],
  [1, (r) => ({ type: 'stray', replica: number(r), pick: number(r) })],
  [1, (r) => ({ type: 'hear', replica: number(r), picks: several(r, 1, 5, number) })],
  [2, (r) => ({ type: 'meet', replica: number(r), from: number(r) })],
  [0.5, (r) => ({ type: 'restart', replica: number(r) })],
];

const DEEDS: readonly [weight: number, draw: (random: Seeded) => Deed][] = [
  [3, (r) => ({ does: 'mkdir', where: number(r), name: name(r) })],
  [4, (r) => ({ does: 'create', where: number(r), name: name(r), content: content(r) })],
  [1, (r) => ({ does: 'link', where: number(r), name: name(r) })],
  [1, (r) => ({ does: 'import', where: number(r), name: name(r), kind: r.pick(['directory', 'file']) })],
  [4, (r) => ({ does: 'move', what: number(r), where: undefined, name: name(r) })],
  [4, (r) => ({ does: 'move', what: number(r), where: number(r), name: undefined })],
  [3, (r) => ({ does: 'move', what: number(r), where: number(r), name: name(r) })],
  [4, (r) => ({ does: 'nest', what: number(r), where: number(r) })],
  [1, (r) => ({ does: 'remove', what: number(r) })],
  [2, (r) => ({ does: 'remove all', what: number(r) })],
  [1, (r) => ({ does: 'remove some', which: several(r, 1, 4, number) })],
  [1, (r) => ({ does: 'change kind', what: number(r) })],
  [5, (r) => ({ does: 'edit', what: number(r), content: content(r), at: number(r) })],
  [1, (r) => ({ does: 'edit removed', what: number(r) })],
  [1, (r) => ({ does: 'mode', what: number(r) })],
  [2, (r) => ({ does: 'restore', what: number(r) })],
  [1, (r) => ({ does: 'place removed', what: number(r), where: number(r), name: name(r) })],
];

const number = (random: Seeded): number => random.below(1000);
const name = (random: Seeded): string => random.pick(NAMES);
const content = (random: Seeded): Content =>
  random.pick(['text', 'text', 'text', 'binary', 'empty'] as const);

function several<Item>(random: Seeded, least: number, most: number, draw: (random: Seeded) => Item): Item[] {
  return Array.from({ length: least + random.below(most - least + 1) }, () => draw(random));
}

const happening = (random: Seeded): Happening => weighted(random, HAPPENINGS);
const deed = (random: Seeded): Deed => weighted(random, DEEDS);

function weighted<Item>(
  random: Seeded,
  choices: readonly [weight: number, draw: (random: Seeded) => Item][],
): Item {
  let left = random.float() * choices.reduce((sum, [weight]) => sum + weight, 0);
  const found = choices.find(([weight]) => (left -= weight) < 0) ?? choices[0];
  return (found as (typeof choices)[number])[1](random);
}
