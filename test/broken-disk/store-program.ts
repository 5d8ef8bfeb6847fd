/**
 * A process with a store, for tests that break the system calls under it. `write N TIMES` commits N rows, one after the other,
 * whose values are their keys so many times (20 if that is not given), and prints `kept KEY` for each that is durable; `read` prints `there KEY` for each row. What fails is printed as
 * `failed CODE`, and writing goes on behind it: nothing more may be kept then. It ends with `end`.
 */
import { writeSync } from 'node:fs';
import { levelStore } from '@evermesh/adapters/level';
import { utf8 } from '@evermesh/core/base';
import { isEvermeshError } from '@evermesh/core/errors';
import { Committer, openStore, type Store } from '@evermesh/core/log';

const [directory = '', work, count = '0', times = '20'] = process.argv.slice(2);

const say = (line: string): void => void writeSync(1, `${line}\n`);

async function trying(what: () => Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    say(`failed ${isEvermeshError(error) ? `${error.code} ${error.message}` : String(error)}`);
  }
}

async function write(store: Store): Promise<void> {
  const committer = new Committer(store);
  const begun = Date.now().toString(36);
  for (let number = 0; number < Number(count); number++) {
    const key = `row ${begun} ${String(number).padStart(6, '0')}`;
    await trying(async () => {
      await committer.commit([{ type: 'put', key, value: utf8(key.repeat(Number(times))) }]);
      say(`kept ${key}`);
    });
  }
}

async function read(store: Store): Promise<void> {
  for await (const [key, value] of store.iterator({ gte: 'row ', lt: 'row!' })) {
    const text = new TextDecoder().decode(value);
    if (text === '' || text.replaceAll(key, '') !== '') throw new Error(`${key} is not whole`);
    say(`there ${key}`);
  }
}

await trying(async () => {
  const store = await openStore(levelStore(directory));
  await trying(() => (work === 'read' ? read(store) : write(store)));
  await trying(() => store.close());
});
say('end');
