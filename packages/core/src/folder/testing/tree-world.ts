/**
 * A few replicas and what passes between them. Everything is checked as soon as it is done: what is shown is what a rebuild finds,
 * and what somebody does has exactly the effect on his paths that it would have on a disk, in any state of arrival.
 */
import { isWhole } from '../../model/index.ts';
import {
  type Deed,
  type Facts,
  type Happening,
  type Paths,
  rebuild,
  type Rebuilt,
  type Seeded,
} from '@evermesh/testkit/tree';
import { type FolderId, TREE_DOCUMENT } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import type { Heads, LogRecord } from '../../protocol/index.ts';
import { Broken, compare, differenceOf } from './difference.ts';
import { Lanes } from './lanes.ts';
import { checkNothingLost, TreeLedger } from './tree-ledger.ts';
import { one, type Plan, planOf } from './tree-plans.ts';
import { TreeReplica, viaOf } from './tree-replica.ts';

export type Counts = Facts & { operations: number; intentions: number; refused: number };

const FOLDER = '00112233445566778899aabbccddeeff' as FolderId;

export class TreeWorld {
  readonly replicas: TreeReplica[] = [];
  readonly counts: Counts;
  readonly #random: Seeded;
  readonly #lanes = new Lanes();
  readonly #ledger = new TreeLedger();
  readonly #caseSensitive: boolean;
  #opened = 0;
  #written = 0;

  /** Replicas of one folder that is empty. */
  static async open(
    replicas: number,
    random: Seeded,
    options: { readonly caseSensitive: boolean },
  ): Promise<TreeWorld> {
    const world = new TreeWorld(random, options.caseSensitive);
    for (let number = 0; number < replicas; number++) world.replicas.push(await world.#open(number));
    for (const other of world.replicas.slice(1)) await world.#lanes.giveAll(other, random);
    return world;
  }

  private constructor(random: Seeded, caseSensitive: boolean) {
    this.#random = random;
    this.#caseSensitive = caseSensitive;
    const facts = { cycles: 0, skeletons: 0, conflicts: 0, united: 0, revived: 0, orphans: 0 };
    this.counts = { ...facts, operations: 0, intentions: 0, refused: 0 };
  }

  /** @throws Broken */
  async do(happening: Happening): Promise<void> {
    const replica = one(this.replicas, happening.replica) as TreeReplica;
    if (happening.type === 'deed') await this.#do(replica, happening.deed);
    else if (happening.type === 'deeds') await this.#doTogether(replica, happening.deeds);
    else if (happening.type === 'receive') await this.#receive(replica, happening.picks, happening.together);
    else if (happening.type === 'stray') await this.#stray(replica, happening.pick);
    else if (happening.type === 'hear') await this.#hear(replica, happening.picks);
    else if (happening.type === 'meet')
      await this.#meet(replica, one(this.replicas, happening.from) as TreeReplica);
    else await this.#restart(replica);
  }

  /** Everything reaches everybody, and somebody new. @throws Broken */
  async finish(): Promise<void> {
    const fresh = await this.#open(this.replicas.length);
    for (const replica of [...this.replicas, fresh]) {
      await this.#lanes.giveAll(replica, this.#random);
      const { facts } = this.#check(replica);
      if (facts.orphans > 0)
        throw new Broken('I8', `${facts.orphans} nodes have no place on ${replica.number}`);
      if (!isWhole(replica.state.treeDoc))
        throw new Broken('I6', `${replica.number} still waits for something`);
      const [problem] = replica.state.tree.problems();
      if (problem !== undefined) throw new Broken('I1', `${problem.id} has ${problem.reason}`);
    }
    const first = this.replicas[0] as TreeReplica;
    for (const other of [...this.replicas.slice(1), fresh]) await compare(first, other);
    const [finding] = await first.folder.verify();
    if (finding !== undefined) throw new Broken('I4', `${finding.what}: ${finding.detail}`);
    const older = differenceOf(first.shown(), first.shownInOlderForm(), 'wholly');
    if (older !== undefined) throw new Broken('I1', `in the older form of removals ${older}`);
    await checkNothingLost(first, this.#ledger);
    for (const replica of [...this.replicas, fresh]) await replica.end();
  }

  async #do(replica: TreeReplica, deed: Deed): Promise<void> {
    const before = replica.shown();
    const plan = await planOf(replica, before, deed, () => ++this.#written);
    if (plan === undefined) return;
    const isByPath = plan.byPath !== undefined && (plan.operations.length === 0 || this.#random.chance(0.7));
    const noted = this.#note(replica, [plan], before);
    let refused = false;
    if (isByPath) {
      await plan.byPath?.(replica.folder).catch((error: unknown) => {
        if (!isEvermeshError(error)) throw error;
        refused = true;
      });
      await replica.folder.flush();
    } else {
      const { failures } = await replica.apply(plan.operations);
      refused = failures.size > 0;
    }
    noted();
    this.#judge(replica, deed, before, plan, refused);
    if (!refused && plan.writes !== undefined && plan.effect !== 'refused')
      await this.#checkContent(replica, plan.writes);
  }

  /** One atomic operation that is made of several. */
  async #doTogether(replica: TreeReplica, deeds: readonly Deed[]): Promise<void> {
    const before = replica.shown();
    const plans: Plan[] = [];
    let paths: Paths = before;
    for (const deed of deeds) {
      const plan = await planOf(replica, paths, deed, () => ++this.#written);
      if (plan === undefined || plan.operations.length === 0 || plan.brings !== undefined) continue;
      plans.push(plan);
      if (plan.effect !== 'refused') paths = plan.effect;
      // Which directory is shown of several that were united is not planned: what comes next could name another one.
      if (plan.byKind === true) break;
    }
    if (plans.length === 0) return;
    const noted = this.#note(replica, plans, before);
    const { failures } = await replica.apply(plans.flatMap(({ operations }) => operations));
    noted();
    let at = 0;
    for (const plan of plans) {
      const refused = plan.operations.some((_, i) => failures.has(at + i));
      at += plan.operations.length;
      this.counts.operations += 1;
      if (refused !== (plan.effect === 'refused'))
        throw new Broken(
          'I7',
          `${JSON.stringify(deeds)}: ${JSON.stringify(plan.operations)} was ${refused ? '' : 'not '}refused`,
        );
    }
    const byKind = plans.some((plan) => plan.byKind === true);
    this.#judge(replica, deeds, before, { operations: [], effect: paths, byKind }, false);
  }

  /** Writes down what is written, wished and removed. Returns what has to be called once it is done, and has its number. */
  #note(replica: TreeReplica, plans: readonly Plan[], before: Paths): () => void {
    const done = plans.filter(({ effect }) => effect !== 'refused');
    for (const { writes } of done)
      if (writes !== undefined) this.#ledger.wrote(writes.id, writes.before, writes.after);
    const tree = replica.headsOf(TREE_DOCUMENT);
    const complete = isWhole(replica.state.treeDoc);
    const removals = done.flatMap(({ removes = [], top }) => {
      const via = top === undefined ? () => undefined : viaOf(replica, before.get(top)?.id, removes);
      return removes.map((id) => ({ id, content: replica.headsOf(id), via: via(id) }));
    });
    const wishes = done
      .flatMap(({ wishes: ids = [] }) => ids)
      .map((id) => ({ id, wholly: !replica.isEmptied(id) }));
    const { author } = replica.state.options;
    const withOwn = (heads: Heads, document: string): Heads => {
      const own = replica.headsOf(document).get(author);
      return own === undefined ? heads : new Map(heads).set(author, own);
    };
    return () => {
      const counter = replica.headsOf(TREE_DOCUMENT).get(author) ?? 0;
      for (const id of replica.takeTouched()) this.#ledger.touched(id, { author, counter });
      for (const { id, wholly } of wishes) this.#ledger.wished(id, { author, counter, wholly });
      for (const { id, content, via } of removals) {
        const seen = { content: withOwn(content, id), tree: withOwn(tree, TREE_DOCUMENT), complete, via };
        this.#ledger.removed(id, seen);
      }
    };
  }

  #judge(replica: TreeReplica, deed: unknown, before: Paths, plan: Plan, refused: boolean): void {
    const what = JSON.stringify(deed);
    const { paths } = this.#check(replica);
    this.counts.operations += 1;
    this.counts.intentions += 1;
    if (refused) this.counts.refused += 1;
    if (refused !== (plan.effect === 'refused'))
      throw new Broken('I7', `${what} was ${refused ? '' : 'not '}refused`);
    if (plan.brings !== undefined && !refused) {
      if (replica.state.tree.node(plan.brings) === undefined)
        throw new Broken('I7', `${what} did not bring back ${plan.brings}`);
      return;
    }
    const difference = differenceOf(
      plan.effect === 'refused' ? before : plan.effect,
      paths,
      plan.byKind === true ? 'by kind' : 'by identity',
    );
    if (difference !== undefined) throw new Broken('I7', `${what} on ${replica.number}: ${difference}`);
  }

  async #checkContent(replica: TreeReplica, writes: NonNullable<Plan['writes']>): Promise<void> {
    const { id, after, adopts = false } = writes;
    if (adopts) return;
    const [shown] = (await replica.contents(id)) ?? [];
    if (shown !== after)
      throw new Broken('I7', `${id} holds ${JSON.stringify(shown)}, not ${JSON.stringify(after)}`);
  }

  #check(replica: TreeReplica): Rebuilt {
    const rebuilt = rebuild(
      replica.registers(),
      (id) => replica.headsOf(id),
      (n) => this.#random.below(n),
    );
    let shown: Paths;
    try {
      shown = replica.shown();
    } catch (error) {
      throw new Broken('I2', `on ${replica.number}: ${(error as Error).message}`);
    }
    const difference = differenceOf(rebuilt.paths, shown, 'wholly');
    if (difference !== undefined) throw new Broken('I4', `on ${replica.number}: ${difference}`);
    for (const fact of Object.keys(rebuilt.facts) as (keyof Facts)[])
      this.counts[fact] += rebuilt.facts[fact];
    return rebuilt;
  }

  async #receive(replica: TreeReplica, picks: readonly number[], together: boolean): Promise<void> {
    const taken: LogRecord[] = [];
    for (const pick of picks) {
      const waiting = this.#lanes.waitingFor(replica);
      // As often of the tree as of all files.
      const ofTree = waiting.filter(({ lane }) => lane.document === TREE_DOCUMENT);
      const chosen = one(pick % 2 === 0 && ofTree.length > 0 ? ofTree : waiting, pick >> 1);
      const record = chosen?.lane.records.slice(chosen.next).find((each) => !taken.includes(each));
      if (record === undefined) continue;
      taken.push(record);
      if (!together) await replica.receive([record]);
    }
    if (together) await replica.receive(taken);
    this.#check(replica);
  }

  async #stray(replica: TreeReplica, pick: number): Promise<void> {
    const lane = one(this.#lanes.all, pick);
    const record = lane === undefined ? undefined : one(lane.records, pick >> 3);
    if (lane === undefined || record === undefined) return;
    const held = replica.held(lane);
    const { counter, prev } = record.header;
    if (counter > held && prev <= held) return;
    const before = replica.shown();
    const [outcome] = await replica.receive([record]);
    if (outcome === 'stored') throw new Broken('I6', `a record was stored twice, or before its predecessor`);
    const difference = differenceOf(before, replica.shown(), 'wholly');
    if (difference !== undefined) throw new Broken('I6', difference);
  }

  async #hear(replica: TreeReplica, picks: readonly number[]): Promise<void> {
    for (const pick of picks) {
      const chosen = one(this.#lanes.waitingFor(replica), pick);
      if (chosen === undefined) continue;
      const { lane, next } = chosen;
      const { counter } = (one(lane.records.slice(next), pick >> 2) as LogRecord).header;
      await replica.hear(lane.document, new Map([[lane.author, counter]]));
    }
    this.#check(replica);
  }

  async #meet(replica: TreeReplica, from: TreeReplica): Promise<void> {
    await this.#lanes.giveAll(replica, this.#random, (lane) => from.held(lane));
    this.#check(replica);
  }

  async #restart(replica: TreeReplica): Promise<void> {
    const before = replica.shown();
    const again = await this.#open(replica.number, replica);
    this.replicas[replica.number] = again;
    const difference = differenceOf(before, again.shown(), 'wholly');
    if (difference !== undefined)
      throw new Broken('I4', `after a restart of ${replica.number}: ${difference}`);
    this.#check(again);
  }

  async #open(number: number, before?: TreeReplica): Promise<TreeReplica> {
    const rows = await before?.end();
    const seed = this.#random.fork(`identity ${this.#opened++}`).uint32();
    const options = {
      seed,
      id: FOLDER,
      ...(before === undefined ? {} : { rows: rows as Map<string, Uint8Array>, device: before.state.device }),
    };
    const replica = await TreeReplica.open(number, options, (record) => this.#lanes.keep(record));
    if (number === 0 && before === undefined) await replica.begin(this.#caseSensitive);
    return replica;
  }
}
