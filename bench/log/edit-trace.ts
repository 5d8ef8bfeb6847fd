/** Edits of one text in their order: recorded from a person, or, where no record is at hand, generated from a seed. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { SeededRandom } from '../random.ts';

export type Edit = readonly [position: number, deleted: number, inserted: string];

interface Recorded {
  readonly txns: readonly { readonly patches: readonly Edit[] }[];
}

/** As many as the recorded trace that the figures are stated for. */
const GENERATED = 259_778;
const LETTERS = 'etaoin shrdlu\ncmfwyp';

/** @param file of a recorded trace, as JSON, compressed or not; empty for the generated one */
export function editTrace(file: string, limit: number): Edit[] {
  const edits = file === '' ? generated(limit === 0 ? GENERATED : limit) : recorded(file);
  return limit === 0 ? edits : edits.slice(0, limit);
}

function recorded(file: string): Edit[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  return (JSON.parse(text) as Recorded).txns.flatMap(({ patches }) => patches);
}

/** Somebody types on, goes elsewhere now and then, and takes back a fourth of what he typed. */
function generated(count: number): Edit[] {
  const random = new SeededRandom(1);
  const edits: Edit[] = [];
  for (let length = 0, at = 0; edits.length < count;) {
    if (random.below(100) === 0) at = random.below(length + 1);
    if (at > 0 && random.below(4) === 0) {
      at -= 1;
      length -= 1;
      edits.push([at, 1, '']);
    } else {
      edits.push([at, 0, LETTERS[random.below(LETTERS.length)]!]);
      at += 1;
      length += 1;
    }
  }
  return edits;
}
