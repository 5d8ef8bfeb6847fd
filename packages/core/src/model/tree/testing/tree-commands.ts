/** Random commands for a world of devices. */
import * as fc from 'fast-check';
import type { LocalCommand } from './tree-plans.ts';
import type { Command } from './tree-world.ts';

const choice = fc.nat({ max: 1000 });
const name = fc.constantFrom(
  'a',
  'A',
  'b',
  'docs',
  'Docs',
  'n.md',
  'N.md',
  'caf\u00e9',
  'cafe\u0301',
  'con',
  'x.',
  'x_',
);
const kind = fc.constantFrom('directory', 'directory', 'file', 'file', 'symlink');

const local: fc.Arbitrary<LocalCommand> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('create'),
      directory: choice,
      name,
      kind,
      imported: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('place'),
      node: choice,
      directory: fc.option(choice, { nil: undefined, freq: 3 }),
      name: fc.option(name, { nil: undefined, freq: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('nest'), node: choice, directory: choice }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove'), node: choice }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('removeSome'),
      nodes: fc.array(choice, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('restore'), node: choice }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('placeRemoved'),
      node: choice,
      directory: choice,
      name,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('edit'), node: choice }) },
);

export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('local'), device: choice, commands: fc.tuple(local) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('local'),
      device: choice,
      commands: fc.array(local, { minLength: 2, maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('receive'),
      device: choice,
      from: choice,
      count: fc.integer({ min: 1, max: 5 }),
      strays: fc.array(choice, { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('hear'),
      device: choice,
      from: choice,
      count: fc.nat({ max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('meet'), device: choice, from: choice }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('overtake'),
      device: choice,
      from: choice,
      by: choice,
      name: fc.constantFrom('new', 'd1', 'd2', 'd3', 'd4'),
    }),
  },
);

/** A few directories that all know, so that their moves meet. */
export const PRELUDE: readonly Command[] = [
  ...['a', 'b', 'docs', 'n.md'].map((directory): Command => ({
    type: 'local',
    device: 0,
    commands: [{ type: 'create', directory: 0, name: directory, kind: 'directory', imported: false }],
  })),
  ...[1, 2, 3].map((directory): Command => ({
    type: 'local',
    device: 0,
    commands: [{ type: 'create', directory, name: 'x_', kind: 'file', imported: false }],
  })),
  ...[1, 2, 3, 4].map((device): Command => ({ type: 'meet', device, from: 0 })),
];
