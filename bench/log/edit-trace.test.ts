import { expect, test } from 'vitest';
import { editTrace } from './edit-trace.ts';

test('a generated trace is the same each time, and edits only what is there', () => {
  const edits = editTrace('', 5000);
  expect(editTrace('', 5000)).toEqual(edits);
  expect(edits).toHaveLength(5000);
  let text = '';
  for (const [position, deleted, inserted] of edits) {
    expect(position + deleted).toBeLessThanOrEqual(text.length);
    text = text.slice(0, position) + inserted + text.slice(position + deleted);
  }
  // More is typed than taken back, and not by much.
  expect(text.length).toBeGreaterThan(2000);
  expect(text.length).toBeLessThan(3000);
});
