export { contentDigest, digestOfBlob, type FileContent, textOf } from './content.ts';
export { hasFirstContent, writeFirst } from './first-content.ts';
export { TEXT_LIMIT } from './layout.ts';
export { resolveConflict } from './resolution.ts';
export { saveContent, type SaveOptions } from './save.ts';
export { type FileState, type OtherContent, readFile, TEXT_ID } from './state.ts';
export { type Hunk, textHunks, type Unit } from './text-hunks.ts';
export { unitOf } from './unit.ts';
