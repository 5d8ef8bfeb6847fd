import { beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from './index.ts';
import { exchange, TreeDevice } from './testing/tree-device.ts';

let a: TreeDevice;
let b: TreeDevice;
let c: TreeDevice;

beforeEach(() => {
  [a, b, c] = [new TreeDevice(1), new TreeDevice(2), new TreeDevice(3)];
});

/** Meets, and expects the same tree everywhere. */
function meet(...paths: string[]): void {
  exchange(a, b, c);
  const fresh = new TreeDevice(9);
  exchange(fresh, a);
  for (const other of [b, c]) fresh.hear(other);
  for (const device of [a, b, c, fresh]) expect(device.paths()).toEqual(paths.toSorted());
}

function given(...paths: string[]): void {
  for (const path of paths) {
    if (path.endsWith('/')) a.mkdir(path.slice(0, -1));
    else a.write(path);
  }
  exchange(a, b, c);
}

/** Meets in a state that only a later operation may change. */
function settle(): void {
  exchange(a, b, c);
}

describe('moves', () => {
  test('A into B and B into A: the later move falls back', () => {
    given('A/', 'B/', 'A/f');
    a.mv('A', 'B/A');
    b.mv('B', 'A/B');
    meet('B', 'B/A', 'B/A/f');
  });

  test('three moves that close a cycle: the latest falls back', () => {
    given('A/', 'B/', 'C/');
    a.mv('A', 'B/A');
    b.mv('B', 'C/B');
    c.mv('C', 'A/C');
    meet('C', 'C/B', 'C/B/A');
  });

  test('who falls back is where it was before, not where it was made', () => {
    given('M/', 'N/', 'M/A/', 'B/');
    a.mv('M/A', 'N/A');
    settle();
    a.mv('B', 'N/A/B');
    b.mv('N/A', 'B/A');
    meet('M', 'N', 'N/A', 'N/A/B');
  });

  test('an operation near a broken cycle writes down what is shown, so nothing jumps', () => {
    given('A/', 'B/', 'D/', 'A/f');
    a.mv('A', 'B/A');
    b.mv('B', 'A/B');
    settle();
    c.mv('B/A', 'D/A');
    expect(c.paths()).toEqual(['B', 'D', 'D/A', 'D/A/f']);
    meet('B', 'D', 'D/A', 'D/A/f');
  });

  test.each([0, 1])('a rename and a move of one node both hold, whoever does which (%i)', (first) => {
    const [one, other] = first === 0 ? [a, b] : [b, a];
    given('D/', 'x');
    one.mv('x', 'y');
    other.mv('x', 'D/x');
    meet('D', 'D/y');
  });

  test('two renames, or two moves, of one node: one wins everywhere', () => {
    given('P/', 'Q/', 'f', 'g');
    a.mv('f', 'f1');
    b.mv('f', 'f2');
    a.mv('g', 'P/g');
    b.mv('g', 'Q/g');
    settle();
    expect(a.paths()).toHaveLength(4);
    meet(...a.paths());
  });

  test('what is made in a directory follows when it is moved', () => {
    given('P/');
    a.mv('P', 'Q');
    b.write('P/new');
    meet('Q', 'Q/new');
  });

  test('a move into a directory that has not arrived waits where the node was, and is not written down as a stay', () => {
    given('f', 'P/');
    a.mkdir('N');
    b.receive(a);
    b.mv('P', 'N/P');
    // c receives the move alone: the directory it leads into was made by a.
    c.receiveAlone(b);
    expect(c.paths()).toEqual(['P', 'f']);
    c.mv('f', 'P/f');
    expect(c.paths()).toEqual(['P', 'P/f']);
    meet('N', 'N/P', 'N/P/f');
  });

  test('what is in a directory that has not arrived appears with it', () => {
    a.mkdir('N');
    b.receive(a);
    b.write('N/f');
    c.receiveAlone(b);
    expect(c.paths()).toEqual([]);
    c.receive(a);
    expect(c.paths()).toEqual(['N', 'N/f']);
  });
});

describe('deletions', () => {
  test('rm -r and an edit inside: the edited file lives, in a directory shown for it', () => {
    given('P/', 'P/f.md', 'P/g.md');
    a.rm('P');
    b.edit('P/f.md');
    meet('P', 'P/f.md');
    expect(a.at('P').deletedButAlive).toBe(true);
  });

  test('rm -r and a new file inside: the new file lives', () => {
    given('P/', 'P/f.md');
    a.rm('P');
    b.write('P/new.md');
    meet('P', 'P/new.md');
  });

  test('rm -r and a move into it: what was moved lives', () => {
    given('P/', 'P/f', 'g');
    a.rm('P');
    b.mv('g', 'P/g');
    meet('P', 'P/g');
  });

  test.each(['g', 'D/f'])('rm of a file and its move to %s: it lives', (to) => {
    given('D/', 'f');
    a.rm('f');
    b.mv('f', to);
    meet('D', to);
  });

  test.each(['P2', 'D/P'])('rm -r P and mv P %s: the directory lives with all it holds', (to) => {
    given('D/', 'P/', 'P/f.md', 'P/g.md');
    a.rm('P');
    b.mv('P', to);
    meet('D', to, `${to}/f.md`, `${to}/g.md`);
  });

  test('rm of a file that another wishes to have where it is: it goes, although its name was written down with his rename', () => {
    a.write('n.md');
    b.write('n.md');
    settle();
    const other = a.paths()[0] as string;
    a.rm(other);
    c.doc.transact(() => {
      c.mv('n.md', 'm.md');
      c.mv(other, other);
    });
    expect(c.at(other).ownName).toBe(other);
    meet('m.md');
  });

  test('rm and an edit that is removed later: the later deletion holds', () => {
    given('f');
    a.rm('f');
    b.edit('f');
    b.rm('f');
    meet();
  });

  test('two deletions, one of which has not seen an edit: the other holds whoever is asked', () => {
    given('f');
    b.edit('f');
    c.hear(b);
    c.rm('f');
    a.rm('f');
    meet();
  });

  test('a deletion that arrives before what its author had seen deletes nothing yet', () => {
    given('f');
    a.rm('f');
    b.doc.transact(() => {
      for (const key of ['x', 'd'])
        for (const [id, value] of a.doc.getMap(key)) if (key === 'x') b.doc.getMap(key).set(id, value);
    });
    expect(b.paths()).toEqual(['f']);
    b.receive(a);
    expect(b.paths()).toEqual([]);
  });

  test('an edit that its deletion had not seen brings the file back when it is told', () => {
    given('f');
    b.edit('f');
    a.rm('f');
    c.receive(a);
    expect(c.paths()).toEqual([]);
    c.hear(b);
    expect(c.paths()).toEqual(['f']);
    expect(c.tree.takeChanges().map(({ after }) => after?.name)).toContain('f');
  });

  test('a file that somebody made anew, where it is, stays if whoever removes it had not seen that', () => {
    given('P/', 'P/f', 'g');
    const [f, g] = [a.at('P/f').id, a.at('g').id];
    a.tree.keep(f);
    a.tree.keep(g);
    b.rm('P');
    b.rm('g');
    meet('P', 'P/f', 'g');
    c.rm('g');
    meet('P', 'P/f');
    b.tree.keep(g);
    meet('P', 'P/f', 'g');
  });

  test('a file that somebody made anew keeps the name that another gave it, and goes where he moves it later', () => {
    given('f', 'P/');
    a.tree.keep(a.at('f').id);
    b.mv('f', 'g');
    meet('P', 'g');
    c.mv('g', 'P/g');
    meet('P', 'P/g');
  });

  test('restoring a directory is one write and brings back all that was removed with it', () => {
    given('P/', 'P/Q/', 'P/Q/f', 'P/g');
    const { id } = a.at('P');
    a.rm('P');
    expect(a.paths()).toEqual([]);
    const before = a.doc.getMap('p').size;
    a.tree.restore(id);
    expect(a.doc.getMap('p').size - before).toBe(1);
    meet('P', 'P/Q', 'P/Q/f', 'P/g');
  });

  test('moving or renaming a directory shown for what it holds brings back only the directory', () => {
    given('P/', 'P/f.md', 'P/g.md');
    a.rm('P');
    b.edit('P/f.md');
    settle();
    c.mv('P', 'Q');
    expect(c.at('Q').deletedButAlive).toBe(false);
    meet('Q', 'Q/f.md');
  });

  test('what was removed and is placed comes back there, and a directory without what was removed with it', () => {
    given('P/', 'P/f', 'P/g', 'Q/');
    const [p, f] = [a.at('P').id, a.at('P/f').id];
    a.rm('P');
    settle();
    b.tree.place(p, ROOT, 'R');
    c.tree.place(f, c.at('Q').id, 'h');
    meet('Q', 'Q/h', 'R');
    a.tree.place(f, p, 'f');
    meet('Q', 'R', 'R/f');
  });

  test('what two devices place in one place after its removal comes back once', () => {
    given('f');
    const { id } = a.at('f');
    a.rm('f');
    settle();
    for (const device of [a, b]) device.tree.place(id, ROOT, 'g');
    meet('g');
  });

  test('removing the last child of a directory shown for it leaves the directory, as on a disk', () => {
    given('P/', 'P/f.md', 'P/g.md');
    a.rm('P');
    b.edit('P/f.md');
    settle();
    c.rm('P/f.md');
    expect(c.paths()).toEqual(['P']);
    meet('P');
  });

  test('what is not named in a deletion stays inside', () => {
    given('P/', 'P/f', 'P/g');
    a.tree.remove([a.at('P').id, a.at('P/f').id]);
    meet('P', 'P/g');
  });
});

test('what is written has a later stamp than everything that was seen', () => {
  given('D/', 'x');
  for (let i = 0; i < 20; i++) {
    a.mv('x', 'y');
    a.mv('y', 'x');
  }
  b.receive(a);
  const id = b.write('new');
  const lamportOf = (map: string, key: string, part: number): number =>
    Number.parseInt(String(b.doc.getMap(map).get(key)).split('|')[part] as string, 36);
  expect(lamportOf('c', id, 2)).toBe(lamportOf('n', b.at('x').id, 0) + 1);
});

describe('names', () => {
  test('two directories of one name are one, whatever their case', () => {
    a.mkdir('docs');
    a.write('docs/a');
    b.mkdir('Docs');
    b.write('Docs/b');
    meet('docs', 'docs/a', 'docs/b');
    expect(a.tree.node(b.tree.node(b.at('docs').id)?.id ?? b.at('docs').id)).toEqual(a.at('docs'));
  });

  test('the id of a united directory answers the one that is shown, and operations move all', () => {
    const first = a.mkdir('docs');
    const second = b.mkdir('Docs');
    a.write('docs/a');
    b.write('Docs/b');
    settle();
    expect(a.tree.node(second)).toEqual(a.tree.node(first));
    b.mv('docs', 'papers');
    meet('papers', 'papers/a', 'papers/b');
    c.rm('papers');
    meet();
  });

  test('directories below united ones are united too', () => {
    for (const device of [a, b]) {
      device.mkdir('x');
      device.mkdir('x/y');
      device.write(`x/y/${device.number}`);
    }
    meet('x', 'x/y', 'x/y/1', 'x/y/2');
  });

  test('two files of one name are both shown, the later under a name of its own', () => {
    a.write('n.md');
    b.write('n.md');
    settle();
    const [other, first] = a.paths();
    expect(first).toBe('n.md');
    expect(other).toMatch(/^n \(~[0-9a-f]{8}\)\.md$/);
    expect(a.tree.nameConflicts()).toEqual([a.at(other as string)]);
    expect(a.at(other as string).ownName).toBe('n.md');
    meet(...a.paths());
  });

  test('when the first is removed, the other keeps the name it was shown under', () => {
    a.write('n.md');
    b.write('n.md');
    settle();
    const other = a.paths()[0] as string;
    c.rm('n.md');
    meet(other);
    expect(a.tree.nameConflicts()).toEqual([]);
  });

  test('when the first is renamed in case only, the other keeps the name it was shown under', () => {
    a.write('n.md');
    b.write('n.md');
    settle();
    const other = a.paths()[0] as string;
    c.mv('n.md', 'N.md');
    meet('N.md', other);
  });

  test('a file and a directory of one name: the directory keeps it', () => {
    a.write('n');
    b.mkdir('n');
    settle();
    expect(a.at('n').kind).toBe('directory');
    expect(a.paths()).toHaveLength(2);
    meet(...a.paths());
  });

  test.each([
    ['a', 'A'],
    ['caf\u00e9', 'cafe\u0301'],
    ['con', 'CON'],
    ['x.', 'x_'],
    ['what?', 'what*'],
  ])('%j and %j cannot stand side by side', (one, other) => {
    a.write(one);
    expect(() => a.write(other)).toThrow(expect.objectContaining({ code: 'PATH_EXISTS' }));
    b.write(other);
    settle();
    expect(a.tree.nameConflicts()).toHaveLength(1);
    meet(...a.paths());
  });
});
