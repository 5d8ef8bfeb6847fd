import { expect, test } from 'vitest';
import type { AuthorId } from '../../base/index.ts';
import type { HistoryStep } from '../../log/index.ts';
import { groupedSteps } from './grouped-steps.ts';

const STEPS = 60_000;
const AUTHOR = `${'a'.repeat(32)}.${'b'.repeat(16)}` as AuthorId;

async function* ofOneMoment(): AsyncGenerator<HistoryStep> {
  for (let counter = 1; counter <= STEPS; counter++) {
    const heads = new Map([[AUTHOR, counter]]);
    const body = Uint8Array.of(counter % 256);
    yield { heads, brings: heads, time: 1_700_000_000_000, updates: [{ kind: 'update', body }] };
  }
}

test('very many steps by a clock that stands are one, which brings all of them in their order', async () => {
  const groups: HistoryStep[] = [];
  for await (const group of groupedSteps(ofOneMoment())) groups.push(group);
  const last = new Map([[AUTHOR, STEPS]]);
  expect(groups.map(({ heads, brings }) => [heads, brings])).toEqual([[last, last]]);
  const bytes = groups.flatMap(({ updates }) => updates.map(({ body: [byte] }) => byte));
  expect(bytes).toEqual(Array.from({ length: STEPS }, (_, i) => (i + 1) % 256));
});
