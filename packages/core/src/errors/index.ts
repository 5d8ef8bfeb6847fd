export * from './codes.ts';
export * from './evermesh-error.ts';
