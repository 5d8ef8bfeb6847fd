/** A document with every kind of content, by two authors, for what reads updates. */
import * as Y from 'yjs';
import { newDocument } from '../body-codec.ts';

export interface Varied {
  readonly doc: Y.Doc;
  /** The first half of it, as an update; the state vector there. */
  readonly first: Uint8Array;
  readonly between: Uint8Array;
}

export function variedDocument(): Varied {
  const doc = newDocument('d', 5, true);
  const text = doc.getText('t');
  text.insert(0, 'one two 😀');
  doc.getMap('m').set('nested', new Y.Map([['a', 1]]));
  const first = Y.encodeStateAsUpdate(doc);
  const between = Y.encodeStateVector(doc);
  const other = newDocument('d', 9, true);
  Y.applyUpdate(other, first);
  other.getText('t').insert(4, 'other');
  other.getText('t').delete(0, 2);
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  text.insert(3, 'x');
  text.delete(5, 3);
  text.format(0, 2, { bold: true });
  text.insertEmbed(1, { image: 'url' });
  const map = doc.getMap<unknown>('m');
  map.set('any', [1, 2.5, 1n, null, undefined, true, 'text', { deep: [{}] }, Uint8Array.of(1, 2)]);
  map.set('bytes', Uint8Array.of(1, 2, 3));
  map.set('doc', new Y.Doc({ guid: 'sub' }));
  map.delete('nested');
  doc.getXmlFragment('x').insert(0, [new Y.XmlElement('p'), new Y.XmlText('q')]);
  return { doc, first, between };
}
