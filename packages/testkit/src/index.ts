/** What proves an adapter: suites that say what Evermesh relies on. They run among your own tests. */
export { type BlobPlace, testBlobStore } from './blob-store-contract.ts';
export type { TestFunctions } from './test-functions.ts';
export { type StorePlace, testStore } from './store-contract.ts';
export { VirtualClock } from './virtual-clock.ts';
