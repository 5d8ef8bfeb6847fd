/** The two functions that vitest, node:test, Jest and Mocha have in common: a suite is handed those it is to run in. */
export interface TestFunctions {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly test: (title: string, body: () => Promise<void>) => unknown;
}
