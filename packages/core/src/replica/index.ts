export * from './replica.ts';
export type { ReplicaOptions } from './replica-options.ts';
export type { Device, FolderEntry } from './registry.ts';
export { type Rebuilt, type RebuildOptions, rebuildStore } from './rebuild-store.ts';
export {
  type GonePlace,
  type StoreSurvey,
  type SurveyOptions,
  surveyStore,
  type WholeRecord,
} from './survey-store.ts';
export { type SurvivingBlobs, survivingBlobs, type SurvivingBlobsOptions } from './surviving-blobs.ts';
export type { DamagedStore } from './surviving-rows.ts';
