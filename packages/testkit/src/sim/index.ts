/**
 * A simulated world: devices, a relay, a network, disks and people in one process, in which a seed decides everything that
 * happens. The code that runs is the product's own; only what touches the world is replaced.
 *
 * @example
 * const { violations } = await run({ seed: '7', devices: 3, profile: PROFILES.faults });
 */
export type { AppDevice, AppHand, Application } from './application.ts';
export { CASE_PAIR } from './anomalies.ts';
export { GRANTS } from './grant-laws.ts';
export { CREDIT } from './little-credit.ts';
export type { Violation } from './ledger.ts';
export { ON_DEMAND } from './on-demand.ts';
export { COLLECTED } from './sim-disk.ts';
export { run, type RunOptions, type RunResult } from './run.ts';
export type { Profile } from './profile.ts';
export { PROFILES } from './profiles.ts';
export { VERSIONS } from './restoring-versions.ts';
export { NO_ROOM } from './sim-relay.ts';
export type { Step, StepType } from './script.ts';
export type { Seeded } from './seeded.ts';
export { shrink } from './shrink.ts';
export type { Counted, Trace, TraceEvent } from './trace.ts';
