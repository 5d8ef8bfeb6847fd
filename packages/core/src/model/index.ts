/** The model: documents as Yjs holds them. Pure: no store, no clock, no network. */
export * from './body-codec.ts';
export { documentCodec } from './document-codec.ts';
export * from './document-state.ts';
export * from './file/index.ts';
export * from './tree/index.ts';
export * from './unrecorded-edits.ts';
