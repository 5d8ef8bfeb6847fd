export { FolderTree } from './folder-tree.ts';
export { checkName, NAME_RULES, nameKey } from './names.ts';
export { type NewNode, type NodeKind, ROOT } from './node-kind.ts';
export type { Problem } from './register-reader.ts';
export type { TreeChange } from './tree-changes.ts';
export type { TreeHost } from './tree-host.ts';
export { removalKeysIn } from './removal-keys.ts';
export type { GoneNode } from './trash.ts';
export type { ShownNode } from './tree-node.ts';
