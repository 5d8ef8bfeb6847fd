/**
 * Beside the log: appends lines to a plain file, with `fdatasync` behind each, and prints `TIME plain NUMBER` when that has returned. What
 * even this loses, the file system lost.
 */
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

const [path = ''] = process.argv.slice(2);
const file = await open(path, 'a');
for (let number = 1; ; number++) {
  await file.write(`${number}\n`);
  await file.datasync();
  writeSync(1, `${process.hrtime.bigint()} plain ${number}\n`);
}
