/**
 * `node scripts/ci-summary.mjs DIR`: adds up the reports that vitest's JSON reporter left in DIR and prints one line,
 * `N passed, N failed` with `, N skipped` if there are any. Exits with 1 if something failed or nothing ran: a run
 * of no tests proves nothing.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const directory = process.argv[2];
const counts = { passed: 0, failed: 0, skipped: 0 };

for (const name of (await readdir(directory)).filter((file) => file.endsWith('.json'))) {
  const report = JSON.parse(await readFile(join(directory, name), 'utf8'));
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot even be loaded has no tests to count, but it failed.
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  counts.failed += unloaded.length;
}

const parts = [`${counts.passed} passed`, `${counts.failed} failed`];
if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
if (counts.passed + counts.failed === 0) console.error('No test ran.');
console.log(parts.join(', '));
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
