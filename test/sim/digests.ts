/**
 * `node --import tsx digests.ts SEED WORLDS [reversed]`: simulates so many worlds of each profile from this seed on, and prints a line
 * for each, `PROFILE SEED SHA-256 EVENTS`, of all that happened in it. Reversed, the last one is simulated first.
 */
import { createHash } from 'node:crypto';
import { PROFILES, run } from '@evermesh/testkit/sim';

/** Enough that every kind of step happens in some of them. */
const OPERATIONS = 40;

const [first = '', worlds = '', order] = process.argv.slice(2);
const seeds = Array.from({ length: Number(worlds) }, (_, at) => String(Number(first) + at));
const all = Object.values(PROFILES).flatMap((profile) => seeds.map((seed) => ({ profile, seed })));
for (const { profile, seed } of order === 'reversed' ? all.toReversed() : all) {
  const { trace } = await run({ seed, profile, devices: 3, operations: OPERATIONS, trace: true });
  const digest = createHash('sha256').update(trace.text()).digest('hex');
  process.stdout.write(`${profile.name} ${seed} ${digest} ${trace.events.length}\n`);
}
