/** The same registers as older versions wrote them: a removal is a text for each node, and one for what its author had seen. */
import type { Registers } from './rebuild.ts';
import { saidIn, startOf } from './removals.ts';

export function inOlderForm(registers: Registers): Registers {
  const x = new Map(registers.x);
  const d = new Map<string, unknown>();
  const ids = [...new Set([...registers.c.keys(), ...registers.p.keys()])];
  const starts = ids.map((id) => ({ id, start: startOf(id) }));
  for (const [operation, value] of registers.d) {
    const said = saidIn(value);
    d.set(operation, said === undefined ? value : textOf(headsOf(said.map(({ seen }) => seen))));
    const tag = d.size.toString(16).padStart(10, '0');
    const authors = [...headsOf((said ?? []).map(({ seen }) => seen)).keys()];
    for (const { start, placedToken, namedToken, via, viaGroup, seen } of said ?? []) {
      const claims = [...seen].map(
        ([author, counter]) => `${authors.indexOf(author).toString(36)}.${counter.toString(36)}`,
      );
      for (const { id } of starts.filter((other) => other.start.startsWith(start))) {
        const claim = claims.join(',') || '-';
        x.set(`${id}~${tag}`, [placedToken, namedToken, via ?? id, viaGroup, operation, claim].join('|'));
      }
    }
  }
  return { ...registers, x, d };
}

function headsOf(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const heads of all)
    for (const [author, counter] of heads) most.set(author, Math.max(counter, most.get(author) ?? 0));
  return new Map([...most].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(heads: ReadonlyMap<string, number>): string {
  const bytes = [...number(heads.size)];
  for (const [author, counter] of heads)
    bytes.push(...Buffer.from(author.replace('.', ''), 'hex'), ...number(counter));
  return Buffer.from(bytes).toString('base64url');
}

function number(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))];
}
