/** What lint says for the simulator's sake: fixtures of `lint.test.ts`. */

/** What oxlint must say about a file: a rule and a part of its message, or nothing at all. */
export type Expected = { rule: string; message?: string } | 'clean';
export type Fixture = readonly [title: string, path: string, source: string, expected: Expected];

export const simulatedFixtures: Fixture[] = [
  [
    'a bare document',
    'packages/core/src/folder/d1.ts',
    `import * as Y from 'yjs';\nexport const x = new Y.Doc();`,
    { rule: 'evermesh(named-documents)', message: 'bare Y.Doc' },
  ],
  [
    'a bare document by its name',
    'packages/server/src/d1.ts',
    `import { Doc as Documents } from 'yjs';\nexport const x = new Documents({ gc: false });`,
    { rule: 'evermesh(named-documents)', message: 'bare Y.Doc' },
  ],
  [
    'a bare document in a test',
    'packages/core/src/folder/d.test.ts',
    `import * as Y from 'yjs';\nexport const x = new Y.Doc();`,
    'clean',
  ],
  [
    'where documents are made',
    'packages/core/src/model/body-codec.ts',
    `import * as Y from 'yjs';\nexport const x = new Y.Doc({ guid: 'x' });`,
    'clean',
  ],
  [
    'the awareness of y-protocols',
    'packages/core/src/sync/d1.ts',
    `import { Awareness } from 'y-protocols/awareness';\nexport const x = Awareness;`,
    { rule: 'evermesh(named-documents)', message: 'DocumentPresence' },
  ],
  [
    'the awareness of y-protocols where it gets its time from us',
    'packages/core/src/folder/presence/document-presence.ts',
    `import { Awareness } from 'y-protocols/awareness';\nexport const x = Awareness;`,
    'clean',
  ],
  [
    'an oracle that uses the product',
    'packages/testkit/src/sim/laws.ts',
    `import { textOf } from '@evermesh/core';\nexport const x = textOf;`,
    { rule: 'evermesh(oracles)', message: `'@evermesh/core'` },
  ],
  [
    'an oracle that uses what runs the product',
    'packages/testkit/src/sim/observe.ts',
    `export { x } from './sim-device.ts';`,
    { rule: 'evermesh(oracles)', message: `'./sim-device.ts'` },
  ],
  [
    'an oracle of the tree that uses the product',
    'packages/testkit/src/tree/rebuild.ts',
    `import { ROOT } from '@evermesh/core/model';\nexport const x = ROOT;`,
    { rule: 'evermesh(oracles)', message: `'@evermesh/core/model'` },
  ],
  [
    'an oracle that uses another, and types of the product',
    'packages/testkit/src/sim/ledger.ts',
    `import type { Folder } from '@evermesh/core';\nimport { y } from './letters.ts';\nexport const x = (folder: Folder): unknown => [y, folder];`,
    'clean',
  ],
];
