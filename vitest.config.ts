/**
 * Tests run from the sources of every package: the condition `@evermesh/source` stands before the ones that
 * lead to `dist`, so no build is needed. Each package is a project of its own (`vitest --project core`), and
 * `test` holds what crosses packages, with `e2e` for tests that start whole processes.
 */
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

export const conditions = ['@evermesh/source', 'module', 'node', 'development|production'];
const packages = ['core', 'adapters', 'server', 'mirror', 'cli', 'testkit'];
const SECOND = 1000;

function project(
  name: string,
  include: string[],
  exclude: string[],
  timeout: number,
  globalSetup: string[] = [],
): TestProjectConfiguration {
  return {
    extends: true,
    test: { name, include, exclude, testTimeout: timeout, hookTimeout: timeout, globalSetup },
  };
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Processes, not threads: tests open native stores, change the working directory and send signals.
    pool: 'forks',
    environment: 'node',
    teardownTimeout: 10 * SECOND,
    restoreMocks: true,
    passWithNoTests: false,
    projects: [
      ...packages.map((name) => project(name, [`packages/${name}/src/**/*.test.ts`], [], 20 * SECOND)),
      project('bench', ['bench/**/*.test.ts'], ['bench/peers/**'], 60 * SECOND),
      project(
        'test',
        ['test/**/*.test.ts'],
        [
          'test/**/*.e2e.test.ts',
          'test/fixtures/**',
          'test/broken-disk/**',
          'test/kills/**/power-cut.test.ts',
        ],
        30 * SECOND,
      ),
      project('e2e', ['test/**/*.e2e.test.ts'], ['test/fixtures/**'], 120 * SECOND, [
        'test/support/bundle.ts',
      ]),
    ],
  },
});
