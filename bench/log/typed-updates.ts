/** Updates as a person's typing makes them: one character each, the same in every run. */
import { random53 } from '@evermesh/core/base';
import { newDocument } from '@evermesh/core/model';
import { SeededRandom } from '../random.ts';

const LETTERS = 'etaoinshrdlu ';

export function typedUpdates(count: number): Uint8Array[] {
  const random = new SeededRandom(1);
  const doc = newDocument('typed', random53(random), true);
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  const text = doc.getText('text');
  for (let i = 0; i < count; i++) text.insert(text.length, LETTERS[random.below(LETTERS.length)]!);
  return updates;
}
