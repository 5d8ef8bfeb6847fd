/** What a relay has to hold after a kill: all that it acknowledged, nothing torn, nothing twice, nothing that nobody put. */
import { equalBytes } from '@evermesh/core/base';
import { decodeRecord } from '@evermesh/core/protocol';
import type { Held, PuttingDevice } from './putting-device.ts';

/**
 * @returns how many records are there that were not acknowledged
 * @throws what is wrong
 */
export function checkPromises(devices: readonly PuttingDevice[], { heads, records }: Held): number {
  const found = new Map(devices.map(({ author }) => [author, new Map<number, Uint8Array>()]));
  for (const bytes of records) {
    const { author, counter } = decodeRecord(bytes).header;
    const ofAuthor = found.get(author);
    if (ofAuthor === undefined) throw new Error(`Nobody wrote as ${author}.`);
    if (ofAuthor.has(counter)) throw new Error(`Record ${counter} of ${author} is there twice.`);
    ofAuthor.set(counter, bytes);
  }
  let more = 0;
  for (const { author, sent, acknowledged } of devices) {
    const ofAuthor = found.get(author);
    for (const { document, counter, bytes } of sent) {
      const there = ofAuthor?.get(counter);
      const isTold = (heads.get(document)?.get(author) ?? 0) >= counter;
      if (there === undefined && (counter <= acknowledged || isTold))
        throw new Error(`Record ${counter} of ${author} is lost; acknowledged up to ${acknowledged}.`);
      if (there === undefined) continue;
      if (!isTold) throw new Error(`Record ${counter} of ${author} is there, and not in the heads.`);
      if (!equalBytes(there, bytes)) throw new Error(`Record ${counter} of ${author} is another.`);
      if (counter > acknowledged) more += 1;
    }
  }
  return more;
}
