/** What no Evermesh writes, but a peer may send. */
import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { rebuild } from '@evermesh/testkit/tree';
import * as Y from 'yjs';
import type { NodeId } from '../../base/index.ts';
import { Alternatives } from './alternatives.ts';
import { checkName, ROOT } from './index.ts';
import { LAMPORT_LIMIT } from './stamp.ts';
import { anyRegister, id, STAMP } from './testing/any-register.ts';
import { TreeDevice } from './testing/tree-device.ts';

function withRegisters(registers: Record<string, Record<string, unknown>>): TreeDevice {
  const doc = new Y.Doc();
  for (const [map, entries] of Object.entries(registers)) {
    for (const [key, value] of Object.entries(entries)) doc.getMap(map).set(key, value);
  }
  return new TreeDevice(1, Y.encodeStateAsUpdate(doc));
}

const reasons = (device: TreeDevice): NodeId[] => device.tree.problems().map((problem) => problem.id);

describe('malformed registers', () => {
  test.each<[string, unknown]>([
    ['a number', 7],
    ['null', null],
    ['nothing', ''],
    ['bars', '|||||'],
    ['an unknown kind', `q|root|${STAMP}||n`],
    ['no parent', `f||${STAMP}||n`],
    ['a parent that is a path', `f|../x|${STAMP}||n`],
    ['no stamp', 'f|root|||n'],
    ['a stamp without a tag', 'f|root|1||n'],
    ['a fraction of a stamp', 'f|root|1.5.aaaaaaaaaa||n'],
    ['a negative stamp', 'f|root|-1.aaaaaaaaaa||n'],
    ['an absurd stamp', `f|root|${(LAMPORT_LIMIT + 1).toString(36)}.aaaaaaaaaa||n`],
    ['a stamp beyond all numbers', `f|root|${'z'.repeat(11)}.aaaaaaaaaa||n`],
    ['an endless name', `f|root|${STAMP}||${'n'.repeat(5000)}`],
    ['a map', new Y.Map()],
  ])('a creation that is %s is no node, and is listed', (_what, value) => {
    const device = withRegisters({ c: { [id('a')]: value } });
    expect(device.paths()).toEqual([]);
    expect(reasons(device)).toEqual([id('a')]);
    expect(device.tree.knows(id('a'))).toBe(true);
    device.write('mine');
    expect(device.doc.getMap('c').get(device.at('mine').id)).toBe('f|root|1.1111111111||mine');
  });

  test('registers of what cannot be a node are listed, and nothing else happens', () => {
    const device = withRegisters({
      c: { root: `d|root|${STAMP}||r`, '../x': `f|root|${STAMP}||x` },
      p: { y: `root|${STAMP}|||` },
      x: { nothing: '', [`${id('a')}~bad`]: '', 'a~aaaaaaaaaa': '' },
      d: { never: 'AA' },
      e: { z: '1' },
    });
    expect(device.paths()).toEqual([]);
    expect(new Set(reasons(device))).toEqual(
      new Set(['root', '../x', 'y', 'nothing', id('a'), 'a', 'never', 'z']),
    );
  });

  test('moves, renames and deletions that say nothing count as absent', () => {
    const device = withRegisters({
      c: { [id('a')]: `f|root|${STAMP}||n` },
      p: { [id('a')]: 'nowhere|1.aaaaaaaaaa|||' },
      n: { [id('a')]: 5 },
      x: { [`${id('a')}~bbbbbbbbbb`]: '||||' },
      d: { [STAMP]: 'no heads' },
      e: { [id('a')]: { deep: true } },
    });
    expect(device.paths()).toEqual(['n']);
    expect(device.tree.problems()).toHaveLength(4);
  });

  test('a problem is gone when the register is mended', () => {
    const device = withRegisters({ c: { [id('a')]: 'garbage' } });
    device.doc.getMap('c').set(id('a'), `f|root|${STAMP}||n`);
    expect(device.tree.problems()).toEqual([]);
    expect(device.paths()).toEqual(['n']);
    device.doc.getMap('c').delete(id('a'));
    expect(device.paths()).toEqual([]);
  });

  test('a creation is taken away just when another node comes to its name', () => {
    const device = withRegisters({ c: { [id('a')]: `f|root|${STAMP}||n` } });
    expect(device.paths()).toEqual(['n']);
    const created = device.doc.getMap('c');
    device.doc.transact(() => {
      created.set(id('b'), `f|root|${STAMP}||n`);
      created.delete(id('a'));
    });
    expect(device.at('n').id).toBe(id('b'));
  });

  test('a deletion whose heads cannot be read deletes nothing', () => {
    for (const heads of ['', 'A', '!!', 'AAAA', 'AQ', '/w', 7]) {
      const device = withRegisters({
        c: { [id('a')]: `f|root|${STAMP}||n` },
        x: { [`${id('a')}~bbbbbbbbbb`]: `||${id('a')}|,|2.bbbbbbbbbb` },
        d: { '2.bbbbbbbbbb': heads },
      });
      expect(device.paths()).toEqual(['n']);
    }
  });
});

describe('hostile shapes', () => {
  test('creations that hold each other hang on the root', () => {
    const device = withRegisters({
      c: {
        [id('a')]: `d|${id('b')}|1.aaaaaaaaaa||a`,
        [id('b')]: `d|${id('a')}|2.aaaaaaaaaa||b`,
        [id('s')]: `d|${id('s')}|3.aaaaaaaaaa||self`,
      },
    });
    expect(device.paths()).toEqual(['b', 'b/a', 'self']);
    device.mv('b/a', 'c');
    expect(device.paths()).toEqual(['b', 'c', 'self']);
  });

  test('what a file contains is not shown', () => {
    const device = withRegisters({
      c: { [id('a')]: `f|root|${STAMP}||a`, [id('b')]: `f|${id('a')}|${STAMP}||b` },
    });
    expect(device.paths()).toEqual(['a']);
  });

  test('a name that leaves the root is shown in a safe form', () => {
    const device = withRegisters({
      c: { [id('a')]: `f|root|${STAMP}||../../etc/passwd`, [id('b')]: `d|root|${STAMP}||..` },
    });
    expect(device.paths()).toEqual(['.._.._etc_passwd', '_..']);
  });

  describe.each<[string, (name: string) => Record<string, Record<string, unknown>>]>([
    ['made', (name) => ({ c: { [id('a')]: `f|root|${STAMP}||${name}` } })],
    [
      'renamed',
      (name) => ({ c: { [id('a')]: `f|root|${STAMP}||old` }, n: { [id('a')]: `2.aaaaaaaaaa|||${name}` } }),
    ],
  ])('a file that is %s', (_what, registersOf) => {
    test.each([
      ['', '_'],
      ['.', '_.'],
      ['..', '_..'],
      ['a/b', 'a_b'],
      ['a\0b', 'a_b'],
      ['\ud800', '\ufffd'],
      ['con', 'con'],
      ['tail. ', 'tail. '],
      ['x'.repeat(300), 'x'.repeat(255)],
    ])('%j is shown as %j on every replica, and its neighbour as ever', (name, shown) => {
      const { c, ...others } = registersOf(name);
      const registers = { c: { ...c, [id('b')]: 'f|root|2.aaaaaaaaaa||neighbour' }, ...others };
      const first = withRegisters(registers);
      const other = new TreeDevice(2, Y.encodeStateAsUpdate(first.doc));
      for (const device of [first, other])
        expect(new Set(device.paths())).toEqual(new Set(['neighbour', shown]));
      expect(() => checkName(shown)).not.toThrow();
      first.mkdir('d');
      first.mv(shown, 'd/named');
      expect(first.paths()).toEqual(['d', 'd/named', 'neighbour']);
    });
  });

  test.each([
    ['con', 'CON_'],
    ['a/b', 'a_b'],
    ['', '_'],
    ['\ud800', '\ufffd'],
  ])('of two files that are called %j and %j one has another name, the same on every replica', (a, b) => {
    const device = withRegisters({
      c: { [id('a')]: `f|root|${STAMP}||${a}`, [id('b')]: `f|root|2.aaaaaaaaaa||${b}` },
    });
    const other = new TreeDevice(2, Y.encodeStateAsUpdate(device.doc));
    expect(other.paths()).toEqual(device.paths());
    expect(device.tree.nameConflicts().map((node) => node.id)).toEqual([id('b')]);
    device.rm(device.tree.pathOf(id('a')));
    expect(device.paths()).toHaveLength(1);
  });

  test('thousands of files of one name cost one look for a name each, and nothing elsewhere', () => {
    const count = 3000;
    const files = Array.from({ length: count }, (_, i) => [
      `0${i.toString(36).padStart(16, '0')}`,
      `f|root|${STAMP}||same`,
    ]);
    const looks = vi.spyOn(Alternatives.prototype, 'needs');
    const device = withRegisters({ c: Object.fromEntries(files) as Record<string, string> });
    expect(new Set(device.paths()).size).toBe(count);
    expect(looks.mock.calls.length).toBe(count - 1);
    looks.mockClear();
    device.mkdir('d');
    expect(device.at('d').kind).toBe('directory');
    for (let i = 0; i < 20; i++) device.write(`d/${i}`);
    expect(looks.mock.calls.length).toBe(0);
    const other = new TreeDevice(2, Y.encodeStateAsUpdate(device.doc));
    expect(other.paths()).toEqual(device.paths());
    looks.mockClear();
    other.write('elsewhere');
    other.mv('elsewhere', 'there');
    device.receive(other);
    expect(device.at('there').kind).toBe('file');
    expect(looks.mock.calls.length).toBe(0);
  });

  test('a stamp at the limit leaves the tree usable', () => {
    const last = `${LAMPORT_LIMIT.toString(36)}.aaaaaaaaaa`;
    const device = withRegisters({ c: { [id('a')]: `f|root|${last}||a` } });
    device.mkdir('d');
    device.mv('a', 'd/b');
    device.rm('d');
    expect(device.paths()).toEqual([]);
    expect(device.tree.problems()).toEqual([]);
  });

  test('directories nested without end are walked, moved and removed', () => {
    const depth = 20_000;
    const chain = Array.from({ length: depth }, (_, i) => `0${i.toString(36).padStart(16, '0')}` as NodeId);
    const created = chain.map((node, i) => [
      node,
      `d|${chain[i - 1] ?? ROOT}|${i.toString(36)}.aaaaaaaaaa||d`,
    ]);
    const device = withRegisters({ c: Object.fromEntries(created) as Record<string, string> });
    expect(device.tree.descendants(chain[0] as NodeId)).toHaveLength(depth);
    expect(device.tree.pathOf(chain.at(-1) as NodeId).length).toBe(2 * depth - 1);
    device.tree.place(chain[1] as NodeId, ROOT, 'e');
    device.rm('e');
    expect(device.paths()).toEqual(['d']);
    expect(device.tree.takeChanges()).toHaveLength(depth - 1);
  });
});

test('any registers at all, in any order: nothing throws, and what is shown is what a rebuild finds', () => {
  const check = (device: TreeDevice, random: Iterator<number>): void => {
    const pick = (n: number): number => (random.next().value as number) % n;
    const { paths } = rebuild(device.registers(), () => new Map(), pick);
    expect(device.shown()).toEqual(paths);
  };
  fc.assert(
    fc.property(
      fc.array(anyRegister, { maxLength: 60, size: 'max' }),
      fc.infiniteStream(fc.nat({ max: 99 })),
      (registers, random) => {
        const device = new TreeDevice(1);
        for (const [map, key, value] of registers) {
          if (value === undefined) device.doc.getMap(map).delete(key);
          else device.doc.getMap(map).set(key, value);
          check(device, random);
        }
        check(new TreeDevice(2, Y.encodeStateAsUpdate(device.doc)), random);
      },
    ),
    { numRuns: Number(process.env['PROP_RUNS'] ?? 60) },
  );
});
