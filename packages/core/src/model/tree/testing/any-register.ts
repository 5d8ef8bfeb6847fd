/** Registers as anybody may write them, about few nodes, so that they meet. */
import * as fc from 'fast-check';
import type { NodeId } from '../../../base/index.ts';
import { NO_HEADS } from '../../../protocol/index.ts';
import { ROOT } from '../index.ts';
import { encodeRemoval } from '../removal.ts';

export const id = (letter: string): NodeId => `0${letter.repeat(16)}` as NodeId;
export const STAMP = '1.aaaaaaaaaa';

const nodes = fc.constantFrom('a', 'b', 'c', 'd', 'e').map(id);
const place = fc.oneof({ weight: 4, arbitrary: nodes }, fc.constantFrom(ROOT, 'x', ''));
const stamp = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat({ max: 9 }), fc.constantFrom('a', 'b'))
      .map(([n, tag]) => `${n}.${tag.repeat(10)}`),
  },
  fc.constantFrom('', 'z', '1.x', `${'z'.repeat(11)}.aaaaaaaaaa`),
);
const token = fc.constantFrom('', '', 't');
const claim = fc.constantFrom('', '', '|', '|-', '|0.1', '|zzzz.1,0.2', '|0', '|0.1|');
const claimed = fc.tuple(stamp, claim).map((parts) => parts.join(''));
const name = fc.constantFrom('n', 'N', '', '..', 'm|m', '\ud800');
const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((all) => all.join('|'));
const removal = fc
  .array(
    fc.record({
      id: nodes,
      placedToken: token,
      namedToken: token,
      via: fc.option(nodes, { nil: undefined }),
      viaGroup: fc.constant(','),
      seen: fc.constant(NO_HEADS),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((removed) => encodeRemoval(removed, []));

/** A map, a key and a value; nothing for one that is taken away. */
export const anyRegister: fc.Arbitrary<[string, string, unknown]> = fc.oneof(
  fc.tuple(fc.constant('m'), fc.constant('nameRules'), fc.constantFrom('1', '2', 'x', undefined)),
  fc.tuple(
    fc.constant('c'),
    nodes,
    joined(fc.constantFrom('d', 'd', 'f', 'l', 'q'), place, stamp, fc.constant(''), name),
  ),
  fc.tuple(fc.constant('p'), nodes, joined(place, stamp, token, token, place)),
  fc.tuple(fc.constant('n'), nodes, joined(stamp, token, token, name)),
  fc.tuple(
    fc.constant('x'),
    fc.tuple(nodes, fc.constantFrom('a', 'b')).map(([node, tag]) => `${node}~${tag.repeat(10)}`),
    joined(token, token, nodes, fc.constantFrom(',', 't,', ',t'), claimed),
  ),
  fc.tuple(fc.constant('d'), stamp, fc.constantFrom('AA', 'A', '')),
  fc.tuple(fc.constant('d'), stamp, removal),
  fc.tuple(
    fc.constantFrom('c', 'p', 'n', 'x', 'd', 'e'),
    nodes,
    fc.constantFrom<unknown>(1, null, '|', undefined),
  ),
);
