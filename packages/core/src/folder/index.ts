export type { AppDocuments } from './app-documents.ts';
export type { CopyOptions } from './copy.ts';
export { type Conflict, Folder, type Stat } from './folder.ts';
export type { FolderChange } from './folder-changes.ts';
export { FolderState } from './folder-state.ts';
export type { OpenDocument, OpenFile } from './live-documents.ts';
export type { ApplyOptions, ApplyResult, FolderNodes, NodeContent, NodeOperation } from './nodes.ts';
export { startFolder } from './start-folder.ts';
export type { Finding } from './verify-folder.ts';
