/** What Evermesh relies on of a folder's log, over any store: order by author, and nothing shown before it is durable. */
import { testLogCrashes } from './log-crash-contract.ts';
import { testLogDurability } from './log-durability-contract.ts';
import { logSuite, openFolderLog, type OpenLog } from './log-in-test.ts';
import { testLogOrder } from './log-order-contract.ts';
import type { StorePlace } from './store-contract.ts';
import type { TestFunctions } from './test-functions.ts';

/**
 * Declares the suite.
 * @param name of the store that the log lies in
 * @param newPlace makes an empty place for one test
 * @param open how a log is opened over a store. Default: core's own `FolderLog`
 */
export function testLog(
  name: string,
  newPlace: () => Promise<StorePlace>,
  { describe, test }: TestFunctions,
  open: OpenLog = openFolderLog,
): void {
  const suite = logSuite(newPlace, test, open);
  describe(`a log over ${name}`, () => {
    testLogOrder(suite);
    testLogDurability(suite);
    testLogCrashes(suite);
  });
}
