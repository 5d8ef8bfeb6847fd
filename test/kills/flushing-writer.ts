/**
 * Writes files into a folder, one after the other, and prints the number of each when `flush()` has returned: the promise
 * that a power cut puts to the test. With `unsynced` the store is told not to wait for the disk, and breaks it.
 */
import { levelStore } from '@evermesh/adapters/level';
import { openReplica } from '@evermesh/core';
import type { Store } from '@evermesh/core/log';

const [directory = '', mode] = process.argv.slice(2);
const store = levelStore(directory);
const unsynced: Store = { ...store, batch: (operations) => store.batch(operations, { sync: false }) };

const replica = await openReplica({ store: mode === 'unsynced' ? unsynced : store });
const folder = await replica.createFolder({ name: 'written' });
await replica.flush();
process.stdout.write(`${folder.id}\n`);
for (let number = 0; ; number++) {
  await folder.writeFile(`${number}.txt`, `number ${number}\n`);
  await replica.flush();
  process.stdout.write(`${number}\n`);
}
