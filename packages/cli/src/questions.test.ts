import { expect, test } from 'vitest';
import { parseQuestion } from './questions.ts';

test.each([
  { type: 'versions', path: 'a/b', all: true },
  { type: 'restore', path: 'a', version: '12', removed: undefined, to: 'b' },
  { type: 'trash' },
  { type: 'conflicts' },
  { type: 'resolve', path: 'a', keep: 'shown' },
  { type: 'log', path: '', limit: 50 },
  { type: 'diff', path: 'a', from: '12', to: undefined },
  { type: 'list', path: '' },
])('what $type asks is read as it was written', (question) => {
  expect(parseQuestion(JSON.parse(JSON.stringify(question)))).toEqual(question);
});

test.each([
  undefined,
  null,
  7,
  'trash',
  {},
  { type: 'format' },
  { type: 'versions' },
  { type: 'restore', path: 7 },
  { type: 'log', path: '', limit: 0 },
])('%j is no question', (value) => {
  expect(parseQuestion(value)).toBeUndefined();
});

test('what is no text where a text belongs counts as not there', () => {
  const question = { type: 'restore', path: 'a', version: 7, removed: null, to: {} };
  expect(parseQuestion(question)).toEqual({ type: 'restore', path: 'a' });
});
