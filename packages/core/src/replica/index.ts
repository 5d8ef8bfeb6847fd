export * from './replica.ts';
export type { Device, FolderEntry } from './registry.ts';
