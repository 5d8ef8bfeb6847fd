export * from './blob-batch.ts';
export * from './codec.ts';
export * from './heads.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './reader.ts';
export * from './record.ts';
export * from './writer.ts';
