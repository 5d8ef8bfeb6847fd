/**
 * What judges a folder's tree: a rebuild from its registers, what a POSIX file system would show, and what happens to replicas,
 * drawn from a seed. Slow and obvious, and made of nothing that it judges.
 */
export { shrinkList } from '../shrink-list.ts';
export { Seeded } from '../sim/seeded.ts';
export { hadSeen } from './claimed-heads.ts';
export { inOlderForm } from './older-removals.ts';
export * as paths from './paths.ts';
export type { Effect, Entry, Paths } from './paths.ts';
export { type NameKey, nameKeyOf } from './portable-names.ts';
export { type Facts, rebuild, type Rebuilt, type Registers, type Shown } from './rebuild.ts';
export { type SaidOf, saidIn } from './removals.ts';
export { type Content, type Deed, drawScript, type Happening } from './script.ts';
