/** The measurements of `first-mesh`, the same for every engine; each adds its figures under one subject. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { since } from '../counting-proxy.ts';
import { measureRename, measureRenameByRunning } from '../directory-rename.ts';
import { type EditPlan, measureEdits, measureEditsByRunning } from '../edits.ts';
import type { EvermeshPair } from '../engines/evermesh-pair.ts';
import type { LivePair, OneShot } from '../engines/pair.ts';
import { EVERMESH, type Figures } from '../figures.ts';
import { Floor } from '../floor.ts';
import { type GeneratedFiles, RENAMED } from '../generate-files.ts';
import { quantile, timed } from '../measure.ts';
import { idleness, memoryOf, processorSeconds } from '../process-cost.ts';
import { SeededRandom } from '../random.ts';
import { assertSameTrees } from '../same-trees.ts';
import type { ScenarioOptions } from './scenario.ts';

const QUIET_MS = 1000;
const DEVICES = 2;

export class FirstMeshMeter {
  readonly #figures: Figures;
  readonly #generated: GeneratedFiles;
  readonly #options: ScenarioOptions;
  readonly #round: number;
  readonly #random: SeededRandom;

  constructor(parts: { figures: Figures; files: GeneratedFiles; options: ScenarioOptions; round: number }) {
    this.#figures = parts.figures;
    this.#generated = parts.files;
    this.#options = parts.options;
    this.#round = parts.round;
    this.#random = new SeededRandom(parts.round);
  }

  get files(): number {
    return this.#generated.files;
  }

  /** From the start of the first process until both sides say that they are in step. */
  async firstSync(pair: LivePair): Promise<void> {
    const milliseconds = await timed(() => pair.firstSync());
    this.#firstSyncTook(pair.engine, milliseconds);
    const costs = [...pair.processes()].map(([role, pid]) => ({
      role,
      memory: memoryOf(pid),
      seconds: processorSeconds(pid),
    }));
    this.#figures.add('first sync, on the wire', pair.engine, 'MB', pair.wire.count.bytes / 1e6);
    for (const { role, memory, seconds } of costs) {
      this.#figures.add(`processor time of the ${role} in it`, pair.engine, 's', seconds);
      this.#figures.add(`memory of the ${role} after it`, pair.engine, 'MB', memory.nowMB);
      this.#figures.add(`memory of the ${role}, peak`, pair.engine, 'MB', memory.peakMB);
    }
    await this.#assertSame(pair);
  }

  /** How much of the first sync it took until everything was durable at the relay. */
  sent(pair: EvermeshPair): void {
    this.#figures.add('first sync, all durable at the relay', EVERMESH, 's', pair.sentAfter / 1000);
  }

  async firstRun(tool: OneShot): Promise<void> {
    await mkdir(tool.right, { recursive: true });
    this.#firstSyncTook(tool.engine, await timed(() => tool.run()));
    await this.#assertSame(tool);
  }

  /** In the first run only: it takes minutes, and what a timer costs is no other in the next. */
  async idle(pair: LivePair): Promise<void> {
    await pair.wire.quiet(QUIET_MS);
    const seconds = this.#options.count('idle');
    if (seconds === 0 || this.#round > 1) return;
    await passed(this.#options.count('rest') * 1000);
    const measured = [...pair.processes()].map(async ([role, pid]) => {
      const { processorPercent, wakeUpsASecond } = await idleness(pid, seconds);
      this.#figures.add(`idle ${role}, processor`, pair.engine, '%', processorPercent);
      this.#figures.add(`idle ${role}, wake-ups`, pair.engine, '/s', wakeUpsASecond);
    });
    await Promise.all(measured);
  }

  async edits(pair: LivePair): Promise<void> {
    const floor = await Floor.open(join(pair.left, '..', 'floor'));
    const plan = this.#editPlan(pair, this.#options.count('edits'));
    if (plan.edits === 0) return;
    const { milliseconds, bytesEach } = await measureEdits(pair, {
      ...plan,
      afterEach: () => floor.sample(),
    });
    this.#editsTook(pair.engine, milliseconds);
    this.#editsTook('floor', floor.milliseconds);
    const above = quantile(milliseconds, 0.5) - quantile(floor.milliseconds, 0.5);
    this.#figures.add('a small edit, p50 above the floor', pair.engine, 'ms', above);
    this.#figures.add('a small edit, on the wire', pair.engine, 'B', bytesEach);
  }

  /** @param name the engine, and how it was set */
  async peerEdits(pair: LivePair, name: string): Promise<void> {
    const plan = this.#editPlan(pair, this.#options.count('peer-edits'));
    if (plan.edits === 0) return;
    const { milliseconds, bytesEach } = await measureEdits(pair, plan);
    this.#editsTook(name, milliseconds);
    this.#figures.add('a small edit, on the wire', name, 'B', bytesEach);
  }

  async editsByRunning(tool: OneShot): Promise<void> {
    const plan = this.#editPlan(tool, this.#options.count('peer-edits'));
    if (plan.edits > 0) this.#editsTook(tool.engine, await measureEditsByRunning(tool, plan));
  }

  async rename(pair: LivePair, name = pair.engine): Promise<void> {
    if (this.#generated.renamed === 0) return;
    const { milliseconds, bytes } = await measureRename(pair, this.#renamePlan());
    this.#renameTook(name, milliseconds);
    this.#figures.add('rename of a directory, on the wire', name, 'B', bytes);
    await this.#assertSame(pair);
  }

  async renameByRunning(tool: OneShot): Promise<void> {
    if (this.#generated.renamed === 0) return;
    this.#renameTook(tool.engine, await measureRenameByRunning(tool, this.#renamePlan()));
  }

  /** The relay goes and comes back with its data; nothing changed meanwhile. */
  async reconnect(pair: EvermeshPair): Promise<void> {
    await pair.wire.quiet(QUIET_MS);
    const { before, milliseconds } = await pair.restartRelay();
    await pair.wire.quiet(QUIET_MS);
    const count = since(before, pair.wire.count);
    const add = (what: string, unit: string, value: number): void =>
      this.#figures.add(`relay restarted, ${what}`, EVERMESH, unit, value);
    add('frames a device', '', count.dataFrames / DEVICES);
    add('bytes in frames a device', 'B', (count.bytes - count.upgradeBytes) / DEVICES);
    add('bytes of HTTP a device', 'B', count.upgradeBytes / DEVICES);
    add('both linked, back-off included', 'ms', milliseconds);
  }

  #firstSyncTook(engine: string, milliseconds: number): void {
    this.#figures.add('first sync', engine, 's', milliseconds / 1000);
    this.#figures.add('first sync, files a second', engine, 'files/s', this.files / (milliseconds / 1000));
  }

  #editsTook(engine: string, milliseconds: readonly number[]): void {
    this.#figures.add('a small edit, p50', engine, 'ms', quantile(milliseconds, 0.5));
    this.#figures.add('a small edit, p95', engine, 'ms', quantile(milliseconds, 0.95));
  }

  #renameTook(engine: string, milliseconds: number): void {
    this.#figures.add('rename of a directory', engine, 'ms', milliseconds);
  }

  #editPlan({ left }: { left: string }, edits: number): EditPlan {
    return { edits, texts: this.#generated.texts, random: this.#random, beside: join(left, '..') };
  }

  #renamePlan(): { from: string; to: string; files: number } {
    return { from: RENAMED, to: `${RENAMED}-renamed`, files: this.#generated.renamed };
  }

  #assertSame({ left, right, ownNames }: LivePair | OneShot): Promise<void> {
    return assertSameTrees(left, right, { files: this.files, ignored: ownNames });
  }
}
