import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { type BlobName, sha256, toHex, utf8 } from '../../base/index.ts';
import { encodeBody, newDocument } from '../body-codec.ts';
import { isWhole } from '../document-state.ts';
import {
  contentDigest,
  digestOfBlob,
  type FileContent,
  firstContentOf,
  firstUpdate,
  hasFirstContent,
  readFile,
  removeShown,
  resolveConflict,
  saveContent,
  shownFile,
  TEXT_ID,
} from './index.ts';

const text = (value: string): FileContent => ({ kind: 'text', text: value });
const blob = (value: string): FileContent => ({
  kind: 'blob',
  name: toHex(sha256(utf8(value))) as BlobName,
  size: value.length,
});
const TAGS = ['aaaaaaaaaa', 'bbbbbbbbbb', 'cccccccccc'] as const;

/** Devices that hold the same file with this first content. */
function devices(first: FileContent): [Y.Doc, Y.Doc, Y.Doc] {
  const digest = first.kind === 'text' ? contentDigest(utf8(first.text)) : digestOfBlob(first.name);
  const seed = newDocument('file', 9, true);
  Y.applyUpdate(seed, firstUpdate(1, first, digest, '0000000000'));
  return [copyOf(seed, 10), copyOf(seed, 11), copyOf(seed, 12)];
}

function copyOf(doc: Y.Doc, clientID = 99): Y.Doc {
  const copy = newDocument('file', clientID, true);
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

function exchange(...docs: Y.Doc[]): void {
  for (const from of docs)
    for (const to of docs) Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)));
  const [first] = docs;
  for (const doc of docs) expect(readFile(doc)).toEqual(readFile(first as Y.Doc));
}

function save(
  live: Y.Doc,
  content: FileContent,
  base: Y.Doc = live,
  tag: string = TAGS[0],
  unit: 'words' | 'lines' = 'lines',
): boolean {
  return saveContent(live, shownFile(base), content, { tag, unit }) !== undefined;
}

/** The stored form of a version of a blob. */
const stored = (replaces: string, content: string): string =>
  `b - ${replaces} 1 ${toHex(sha256(utf8(content)))}`;

const shown = (doc: Y.Doc): FileContent => readFile(doc).shown;
const others = (doc: Y.Doc): FileContent[] => readFile(doc).others.map(({ content }) => content);

describe('first content', () => {
  test.each([text('\ufeffa\r\nb'), blob('\0')])('%j arrives with its digest', (content) => {
    const [doc] = devices(content);
    const digest = readFile(doc).seed as string;
    expect(shown(doc)).toEqual(content);
    expect(hasFirstContent(doc, digest)).toBe(true);
    expect(hasFirstContent(doc, 'another')).toBe(false);
    expect(hasFirstContent(new Y.Doc(), digest)).toBe(false);
  });

  test('an empty file is an empty document and needs nothing to arrive', () => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, firstUpdate(1, text(''), '', TAGS[0]));
    expect(Y.encodeStateAsUpdate(doc)).toEqual(Uint8Array.of(0, 0));
    expect(readFile(doc)).toEqual({ shown: text(''), seed: undefined, others: [], blobs: [], malformed: [] });
    expect(hasFirstContent(doc, '')).toBe(true);
  });

  test.each([text('\ufeffa\r\nb'), text(`${'long'.repeat(1000)} 😀\ud800`), blob('\0')])(
    'it is the bytes that Yjs makes of it, and read like them: %j',
    (content) => {
      const doc = newDocument('file', 2 ** 53 - 1, true);
      doc.transact(() => {
        if (content.kind === 'text') doc.getText('t').insert(0, content.text);
        else doc.getMap('v').set(`1.${TAGS[0]}`, `b - - ${content.size} ${content.name}`);
        doc.getMap('f').set('seed', 'digest');
      });
      const update = Y.encodeStateAsUpdate(doc);
      expect(firstUpdate(doc.clientID, content, 'digest', TAGS[0])).toEqual(update);
      const copy = copyOf(doc);
      expect(firstContentOf(encodeBody(update))).toEqual({
        content: shown(copy),
        digest: readFile(copy).seed,
      });
      expect(others(copy)).toEqual([]);
    },
  );

  test('what says more than a first content, or less, is not read as one', () => {
    const first = firstUpdate(1, text('one'), 'digest', TAGS[0]);
    const bodyOf = (write: (doc: Y.Doc) => void, begin: Uint8Array = Uint8Array.of(0, 0)): Uint8Array => {
      const doc = newDocument('file', 2, true);
      Y.applyUpdate(doc, begin);
      doc.transact(() => write(doc));
      return encodeBody(Y.encodeStateAsUpdate(doc));
    };
    const edited = (write: (doc: Y.Doc) => void): Uint8Array => bodyOf(write, first);
    const seeded = (write: (doc: Y.Doc) => void): Uint8Array =>
      bodyOf((doc) => {
        write(doc);
        doc.getMap('f').set('seed', 'digest');
      });
    const bodies: Uint8Array[] = [
      encodeBody(Uint8Array.of(0, 0)),
      encodeBody(first.subarray(0, -3)),
      Uint8Array.of(7, ...first),
      edited((doc) => doc.getText('t').insert(3, ' two')),
      edited((doc) => doc.getText('t').delete(0, 1)),
      edited((doc) => doc.getText('t').delete(0, 3)),
      // With a deletion of what is not in it.
      encodeBody(Uint8Array.of(...first.subarray(0, -1), 1, 7, 1, 0, 1)),
      edited((doc) => doc.getMap('f').set('seed', 'other')),
      seeded((doc) => doc.getText('t').applyDelta([{ insert: 'bold', attributes: { bold: true } }])),
      seeded((doc) => doc.getText('t').insertEmbed(0, { image: 'url' })),
      seeded((doc) => doc.getText('other').insert(0, 'one')),
      seeded((doc) => doc.getMap('t').set('key', 'one')),
      seeded((doc) => doc.getMap('v').set(`1.${TAGS[0]}`, 't - -')),
      seeded((doc) => doc.getMap('v').set(`1.${TAGS[0]}`, 'k - - kept')),
      seeded((doc) => doc.getMap('v').set('no version', `b - - 1 ${'0'.repeat(64)}`)),
      bodyOf((doc) => {
        doc.getText('t').insert(0, 'one');
        doc.getMap('f').set('seed', 7);
      }),
      bodyOf((doc) => {
        doc.getMap('f').set('seed', 'digest');
        doc.getText('t').insert(0, 'one');
      }),
    ];
    expect(bodies.map(firstContentOf)).toEqual(bodies.map(() => undefined));
    expect(firstContentOf(encodeBody(first))).toEqual({ content: text('one'), digest: 'digest' });
  });

  test('it has arrived, although a part of the document waits for another', () => {
    const [a, b] = devices(text('a\n'));
    const digest = readFile(a).seed as string;
    const updates: Uint8Array[] = [];
    a.on('update', (update: Uint8Array) => updates.push(update));
    save(a, text('a\nb\n'));
    save(a, text('a\nb\nc\n'));
    Y.applyUpdate(b, updates[1] as Uint8Array);
    expect([hasFirstContent(b, digest), isWhole(b)]).toEqual([true, false]);
    Y.applyUpdate(b, updates[0] as Uint8Array);
    expect([hasFirstContent(b, digest), isWhole(b)]).toEqual([true, true]);
  });
});

describe('a save of text', () => {
  test('that changes nothing writes nothing', () => {
    const [doc] = devices(text('a\nb\n'));
    let updates = 0;
    doc.on('update', () => updates++);
    expect(save(doc, text('a\nb\n'))).toBe(false);
    expect(updates).toBe(0);
    expect(save(doc, text('a\nc\n'))).toBe(true);
    expect(updates).toBe(1);
  });

  test('merges with a save made apart', () => {
    const [a, b] = devices(text('one\ntwo\nthree\n'));
    save(a, text('ONE\ntwo\nthree\n'));
    save(b, text('one\ntwo\nthree\nfour\n'));
    exchange(a, b);
    expect(shown(a)).toEqual(text('ONE\ntwo\nthree\nfour\n'));
  });

  test('keeps a final newline', () => {
    const [doc] = devices(text('a'));
    save(doc, text('a\n'));
    expect(shown(doc)).toEqual(text('a\n'));
  });

  test('joins the transaction that is open, with its origin', () => {
    const [doc] = devices(text('a\n'));
    const origins: unknown[] = [];
    doc.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin));
    doc.transact(() => save(doc, text('b\n')), 'disk');
    expect(origins).toEqual(['disk']);
  });

  test('leaves an editor that is bound to the document in step', () => {
    const [doc] = devices(text('one\ntwo\nthree\n'));
    const ytext = doc.getText('t');
    let mirror = ytext.toString();
    ytext.observe((event) => {
      let at = 0;
      for (const { retain, insert, delete: remove } of event.delta) {
        if (retain !== undefined) at += retain;
        if (typeof insert === 'string') {
          mirror = mirror.slice(0, at) + insert + mirror.slice(at);
          at += insert.length;
        }
        if (remove !== undefined) mirror = mirror.slice(0, at) + mirror.slice(at + remove);
      }
    });
    for (let i = 0; i < 30; i++) {
      const at = (i * 7) % ytext.length;
      const typed = `${mirror.slice(0, at)}${i}${mirror.slice(at)}`;
      ytext.insert(at, `${i}`);
      expect(mirror).toBe(typed);
      save(doc, text(ytext.toString().replace('t', `${i}\nT`).replace('\n', '')));
      expect(mirror).toBe(ytext.toString());
    }
  });
});

describe('a save against an older base', () => {
  test('deletes only what the disk showed', () => {
    const [live] = devices(text('a\nb\nc\n'));
    const base = copyOf(live);
    save(live, text('a\nx\nb\nc\n'));
    save(live, text('a\nc\n'), base);
    expect(shown(live)).toEqual(text('a\nx\nc\n'));
  });

  test('inserts behind the character it stood behind, even where that one is gone', () => {
    const [live] = devices(text('a\nb\nc\n'));
    const base = copyOf(live);
    save(live, text('a\nc\n'));
    save(live, text('a\ny\nc\n'), copyOf(live));
    save(live, text('a\nb\nx\nc\n'), base);
    // `y` was typed behind the place of `b`, and `x` right behind `b` itself.
    expect((shown(live) as { text: string }).text).toMatch(/^a\n(x\ny|y\nx)\nc\n$/);
    const [other] = devices(text('a\nb\nc\n'));
    const shownThen = copyOf(other);
    save(other, text('a\ny\nb\nc\n'));
    save(other, text('a\ny\nc\n'));
    save(other, text('a\nb\nx\nc\n'), shownThen);
    expect(shown(other)).toEqual(text('a\ny\nx\nc\n'));
  });

  test('puts a changed line before what another put behind the line it was', () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const both = devices(text('a\nb\nc\n'));
      const [a, b] = [both[order[0]], both[order[1]]];
      save(a, text('a\nB\nc\n'));
      save(b, text('a\nb\nx\nc\n'));
      exchange(a, b);
      expect(shown(a)).toEqual(text('a\nB\nx\nc\n'));
    }
  });

  test('does not repeat what came from elsewhere since', () => {
    const [a, b] = devices(text('a\n'));
    const base = copyOf(a);
    save(b, text('a\nremote\n'));
    exchange(a, b);
    expect(save(a, text('a\n'), base)).toBe(false);
    save(a, text('local\na\n'), base);
    expect(shown(a)).toEqual(text('local\na\nremote\n'));
  });

  test('converges with devices that never saw the base', () => {
    const [a, b] = devices(text('one\ntwo\nthree\n'));
    const base = copyOf(a);
    save(b, text('zero\none\nthree\n'));
    exchange(a, b);
    save(a, text('one\ntwo\nTHREE\n'), base);
    exchange(a, b);
    expect(shown(b)).toEqual(text('zero\none\nTHREE\n'));
  });
});

describe('a change of kind', () => {
  test('shows the blob, and nothing else if nobody edited the text', () => {
    const [a, b] = devices(text('a\n'));
    expect(save(a, blob('1'))).toBe(true);
    expect(save(a, blob('1'))).toBe(false);
    exchange(a, b);
    expect(readFile(b)).toMatchObject({
      shown: blob('1'),
      others: [],
      blobs: [(blob('1') as { name: string }).name],
    });
    save(b, blob('2'));
    exchange(a, b);
    expect(readFile(a)).toMatchObject({ shown: blob('2'), others: [] });
    expect(readFile(a).blobs).toHaveLength(2);
  });

  test('lists a text that somebody edited meanwhile, through later saves of the blob, until a person decides', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('1'));
    save(b, text('a\nb\n'));
    exchange(a, b);
    expect(readFile(a)).toMatchObject({
      shown: blob('1'),
      others: [{ id: TEXT_ID, content: text('a\nb\n') }],
    });
    save(a, blob('2'));
    exchange(a, b);
    expect(readFile(a)).toMatchObject({
      shown: blob('2'),
      others: [{ id: TEXT_ID, content: text('a\nb\n') }],
    });
    expect(resolveConflict(b, 'shown', TAGS[1])).toBe(true);
    expect(resolveConflict(b, 'shown', TAGS[1])).toBe(false);
    exchange(a, b);
    expect(readFile(a)).toMatchObject({ shown: blob('2'), others: [] });
  });

  test('can be decided in favour of the text', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('1'));
    save(b, text('a\nb\n'));
    exchange(a, b);
    resolveConflict(a, TEXT_ID, TAGS[0]);
    exchange(a, b);
    expect(readFile(b)).toMatchObject({ shown: text('a\nb\n'), others: [] });
  });

  test('back to text shows the text, and merges from then on', () => {
    const [a, b] = devices(blob('1'));
    save(a, text('now\ntext\n'));
    exchange(a, b);
    expect(readFile(b)).toMatchObject({ shown: text('now\ntext\n'), others: [] });
    save(a, text('NOW\ntext\n'));
    save(b, text('now\ntext\nmore\n'));
    exchange(a, b);
    expect(readFile(b)).toMatchObject({ shown: text('NOW\ntext\nmore\n'), others: [] });
    save(b, blob('2'));
    exchange(a, b);
    expect(readFile(a)).toMatchObject({ shown: blob('2'), others: [] });
  });

  test('to text lists the blob that another saved meanwhile, or the text if the blob comes out on top', () => {
    for (const tags of [TAGS, [TAGS[1], TAGS[0]] as const]) {
      const [a, b] = devices(blob('1'));
      save(a, text('text\n'), a, tags[0]);
      save(b, blob('2'), b, tags[1]);
      exchange(a, b);
      const contents = [shown(a), ...others(a)];
      expect(contents).toHaveLength(2);
      expect(contents).toEqual(expect.arrayContaining([text('text\n'), blob('2')]));
    }
  });

  test('to text keeps a text in conflict as it was', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('1'));
    save(b, text('a\nb\n'));
    exchange(a, b);
    save(a, text('quite another\n'));
    exchange(a, b);
    expect(shown(b)).toEqual(text('quite another\n'));
    expect(others(b)).toEqual([text('a\nb\n')]);
    resolveConflict(b, readFile(b).others[0]?.id as string, TAGS[1]);
    exchange(a, b);
    expect(readFile(a)).toMatchObject({ shown: text('a\nb\n'), others: [] });
  });
});

describe('who removes what is shown, and was shown nothing else', () => {
  test('leaves the text that the blob did not know', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('1'));
    save(b, text('a\nb\n'));
    exchange(a, b);
    expect(removeShown(a, TAGS[0])).toEqual(text('a\nb\n'));
    exchange(a, b);
    expect(readFile(b)).toMatchObject({ shown: text('a\nb\n'), others: [] });
    expect(removeShown(b, TAGS[1])).toBeUndefined();
  });

  test('leaves the other versions, one after the other, on whatever device', () => {
    const docs = devices(blob('0'));
    docs.forEach((doc, i) => save(doc, blob(`from ${i}`), doc, TAGS[i]));
    exchange(...docs);
    const [first, second] = docs;
    // Two at once took the same away.
    removeShown(first, TAGS[0]);
    removeShown(second, TAGS[1]);
    exchange(...docs);
    expect(readFile(first)).toMatchObject({ shown: blob('from 1'), others: [{ content: blob('from 0') }] });
    removeShown(second, TAGS[1]);
    exchange(...docs);
    expect(readFile(first)).toMatchObject({ shown: blob('from 0'), others: [] });
  });

  test('leaves a text listed that is not the next one', () => {
    const docs = devices(text('a\n'));
    const [a, b, c] = docs;
    save(a, blob('1'), a, TAGS[0]);
    save(b, blob('2'), b, TAGS[1]);
    save(c, text('a\nc\n'), c, TAGS[2]);
    exchange(...docs);
    expect([shown(a), ...others(a)]).toEqual([blob('2'), blob('1'), text('a\nc\n')]);
    removeShown(a, TAGS[0]);
    exchange(...docs);
    expect([shown(b), ...others(b)]).toEqual([blob('1'), text('a\nc\n')]);
    removeShown(b, TAGS[1]);
    exchange(...docs);
    expect([shown(c), ...others(c)]).toEqual([text('a\nc\n')]);
  });

  test('leaves the blob that was listed beside a text, and the text to those who edit it meanwhile', () => {
    const [a, b] = devices(blob('1'));
    save(a, text('text\n'), a, TAGS[1]);
    save(b, blob('2'), b, TAGS[0]);
    exchange(a, b);
    expect([shown(a), ...others(a)]).toEqual([text('text\n'), blob('2')]);
    removeShown(a, TAGS[0]);
    save(b, text('text\nmore\n'), b, TAGS[1]);
    exchange(a, b);
    expect([shown(a), ...others(a)]).toEqual(expect.arrayContaining([blob('2'), text('text\nmore\n')]));
  });

  test('leaves a text that was kept', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('1'));
    save(b, text('a\nb\n'));
    exchange(a, b);
    save(a, text('quite another\n'));
    exchange(a, b);
    expect(removeShown(b, TAGS[1])).toEqual(text('a\nb\n'));
    exchange(a, b);
    expect(readFile(a)).toMatchObject({ shown: text('a\nb\n'), others: [] });
  });
});

describe('versions', () => {
  test('of three devices apart are all kept, one shown, and a choice ends it', () => {
    const docs = devices(blob('0'));
    docs.forEach((doc, i) => save(doc, blob(`from ${i}`), doc, TAGS[i]));
    exchange(...docs);
    const [first] = docs;
    expect(shown(first)).toEqual(blob('from 2'));
    expect(others(first)).toEqual([blob('from 1'), blob('from 0')]);
    resolveConflict(first, readFile(first).others[1]?.id as string, TAGS[0]);
    exchange(...docs);
    expect(readFile(first)).toMatchObject({ shown: blob('from 0'), others: [] });
  });

  test('a save replaces what the disk showed, and no conflict beside it', () => {
    const [a, b] = devices(blob('0'));
    save(a, blob('a'), a, TAGS[0]);
    save(b, blob('b'), b, TAGS[1]);
    exchange(a, b);
    save(a, blob('next'), a, TAGS[0]);
    expect(readFile(a)).toMatchObject({ shown: blob('next'), others: [{ content: blob('a') }] });
  });

  test('a save against an older base does not replace a version that came since', () => {
    const [a, b] = devices(blob('0'));
    const base = copyOf(a);
    save(b, blob('b'), b, TAGS[1]);
    exchange(a, b);
    save(a, blob('a'), base);
    expect(readFile(a)).toMatchObject({ shown: blob('a'), others: [{ content: blob('b') }] });
  });

  test('the same bytes stored apart are no conflict', () => {
    const [a, b] = devices(text('a\n'));
    save(a, blob('same'), a, TAGS[0]);
    save(b, blob('same'), b, TAGS[1]);
    exchange(a, b);
    expect(others(a)).toEqual([]);
    save(a, blob('next'));
    expect(others(a)).toEqual([]);
  });

  test('the same bytes in conflict with others are listed once', () => {
    const docs = devices(blob('0'));
    docs.forEach((doc, i) => save(doc, blob(i < 2 ? 'same' : 'top'), doc, TAGS[i]));
    exchange(...docs);
    expect(readFile(docs[0])).toMatchObject({ shown: blob('top'), others: [{ content: blob('same') }] });
    expect(others(docs[0])).toHaveLength(1);
  });

  test('a text that one of two blobs replaced knowingly is not listed', () => {
    const [a, b] = devices(text('a\n'));
    save(a, text('a\nb\n'));
    save(a, blob('knew'), a, TAGS[0]);
    save(b, blob('did not'), b, TAGS[1]);
    exchange(a, b);
    expect([shown(a), ...others(a)]).toEqual([blob('did not'), blob('knew')]);
  });

  test('entries that are no versions are listed and count for nothing', () => {
    const [doc] = devices(text('a\n'));
    const map = doc.getMap('v');
    const name = toHex(sha256(utf8('x')));
    const bad: Record<string, unknown> = {
      'no key': `b - - 1 ${name}`,
      '0.aaaaaaaaaa': 't - -',
      'zzzzzzzzzz.aaaaaaaaaa': 't - -',
      '1.aaaaaaaaaa': 'b - - 1 short',
      '2.aaaaaaaaaa': `b - - 99999999999999999 ${name}`,
      '3.aaaaaaaaaa': `b - - 9999999999999999 ${name}`,
      '4.aaaaaaaaaa': 17,
      '5.aaaaaaaaaa': { kind: 'b' },
      '6.aaaaaaaaaa': 't - - more',
      '7.aaaaaaaaaa': '',
      '8.aaaaaaaaaa': 'k - -',
    };
    for (const [key, value] of Object.entries(bad)) map.set(key, value);
    doc.getMap('f').set('seed', 3);
    expect(readFile(doc)).toEqual({
      shown: text('a\n'),
      seed: undefined,
      others: [],
      blobs: [],
      malformed: Object.keys(bad).toSorted(),
    });
    save(doc, blob('good'));
    expect(readFile(doc)).toMatchObject({ shown: blob('good'), others: [] });
  });

  test('versions that claim to replace each other, or themselves, do not vanish', () => {
    const [doc] = devices(text(''));
    doc.getMap('v').set('1.aaaaaaaaaa', stored('2.aaaaaaaaaa,1.aaaaaaaaaa', 'one'));
    doc.getMap('v').set('2.aaaaaaaaaa', stored('1.aaaaaaaaaa,3.aaaaaaaaaa', 'two'));
    expect(readFile(doc)).toMatchObject({ shown: { kind: 'blob' }, others: [] });
  });

  test('a version with the largest number there can be does not keep others from being stored', () => {
    const [doc] = devices(text(''));
    doc.getMap('v').set(`${(2 ** 48).toString(36)}.ffffffffff`, 't - -');
    save(doc, blob('a'));
    save(doc, blob('b'));
    expect(others(doc)).toEqual(expect.arrayContaining([blob('b')]));
  });
});

test('half a surrogate pair in the document is shown as the disk can hold it, and saving that changes nothing', () => {
  const doc = new Y.Doc();
  doc.getText('t').insert(0, 'a\ud83d b');
  expect(shown(doc)).toEqual(text('a\ufffd b'));
  expect(save(doc, text('a\ufffd b'))).toBe(false);
});

test('formats and objects that another program put into the text do not disturb a save', () => {
  const doc = new Y.Doc();
  const ytext = doc.getText('t');
  ytext.insert(0, 'one\ntwo\n');
  ytext.format(0, 3, { bold: true });
  ytext.insertEmbed(4, { image: 'x' });
  expect(shown(doc)).toEqual(text('one\ntwo\n'));
  save(doc, text('one\n1\ntwo\n'));
  expect(shown(doc)).toEqual(text('one\n1\ntwo\n'));
});
