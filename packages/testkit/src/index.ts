/** What proves an adapter: suites that say what Evermesh relies on, and stores that fail or count. They run among your own tests. */
export { type BlobPlace, testBlobStore } from './blob-store-contract.ts';
export { type Delay, type Fault, faulty, type FaultyStore } from './faulty-store.ts';
export { type Observed, observed, type ObservedStore, type StoreObservations } from './observed-store.ts';
export { testLog } from './log-contract.ts';
export type { OpenLog, OpenLogOptions } from './log-in-test.ts';
export type { TestFunctions } from './test-functions.ts';
export { type StorePlace, testStore } from './store-contract.ts';
export { VirtualClock } from './virtual-clock.ts';
