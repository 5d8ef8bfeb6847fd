/**
 * Somebody on the wire who knows the folder and its token, and means no good, or is broken: he hears everything, says old things
 * again, speaks in the name of others, of documents that nobody has, and nonsense. He does not pretend to be a run that still
 * writes, and types no letters: what he may do in a folder that he was let into, everybody may.
 */
import {
  type AuthorId,
  authorOf,
  deviceOf,
  type DocumentId,
  documentOf,
  type FolderId,
  newDeviceId,
  newNodeId,
  newRunId,
  TREE_DOCUMENT,
} from '@evermesh/core/base';
import {
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  isSnapshot,
  type LogRecord,
  makeRecord,
  makeSnapshot,
  type Message,
  NO_HEADS,
  PROTOCOL_VERSION,
} from '@evermesh/core/protocol';
import type { Machine } from './machine.ts';
import type { HostileStep } from './script.ts';
import type { Seeded } from './seeded.ts';
import type { Line, SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRelay } from './sim-relay.ts';

const CHANNEL = 1;

export class Intruder {
  readonly #machine: Machine;
  readonly #network: SimNetwork;
  readonly #folder: FolderId;
  readonly #process: SimProcess;
  /** In whose name he wrote: nobody else did. */
  readonly forged: Set<AuthorId> = new Set();
  #line: Line | undefined;
  #takesStates = false;
  /** Every record that he heard, in the order in which he did; and those of the relay that he talks to, which has them. */
  readonly #heard: LogRecord[] = [];
  #heardHere: LogRecord[] = [];

  constructor(machine: Machine, network: SimNetwork, folder: FolderId) {
    this.#machine = machine;
    this.#network = network;
    this.#folder = folder;
    this.#process = machine.begin();
  }

  get name(): string {
    return this.#machine.name;
  }

  /** Returns what he does, or `undefined` if he only listens from now on. */
  act(step: HostileStep, relay: SimRelay, random: Seeded): string | undefined {
    if (this.#line?.isOpen !== true) {
      this.#connect(relay, random);
      return undefined;
    }
    if (step === 'hostile babble') return this.#babble(random);
    const isFork = step === 'hostile fork';
    if ((isFork ? this.#heardHere : this.#heard).length === 0) return undefined;
    if (step === 'hostile replay') return this.#replay(random);
    if (step === 'hostile state') return this.#state(random);
    return isFork ? this.#fork(random) : this.#forge(random);
  }

  leave(): void {
    this.#line?.close('caller');
    this.#line = undefined;
  }

  #connect(relay: SimRelay, random: Seeded): void {
    const listening = relay.running;
    if (listening === undefined) return;
    const line = this.#network.line(this.#process, listening.process);
    this.#line = line;
    this.#heardHere = [];
    line.attach('caller', {
      frame: (bytes) => this.#hears(decodeMessage(bytes)),
      closed: () => {
        if (this.#line === line) this.#line = undefined;
      },
    });
    relay.accept(line);
    this.#say({
      type: 'HELLO',
      version: PROTOCOL_VERSION,
      device: newDeviceId(random),
      label: this.name,
      token: '',
      credit: Number.MAX_SAFE_INTEGER,
    });
    const open = { channel: CHANNEL, folder: this.#folder, create: false, cursor: undefined } as const;
    this.#say({ type: 'OPEN', ...open });
    this.#takesStates = random.chance(0.5);
  }

  #hears(message: Message): void {
    if (message.type === 'PING') this.#say({ type: 'PONG' });
    if (message.type === 'OPENED' && this.#takesStates) this.#say({ type: 'STATES', channel: CHANNEL });
    if (message.type === 'CHANGED')
      this.#say({
        type: 'PULL',
        channel: CHANNEL,
        documents: message.documents.map(({ document }) => ({ document, heads: NO_HEADS })),
      });
    if (message.type !== 'RECORDS' && message.type !== 'LIVE') return;
    const records = message.records.map(decodeRecord);
    this.#heard.push(...records);
    this.#heardHere.push(...records);
  }

  #say(message: Message): void {
    this.#line?.send('caller', encodeMessage(message));
  }

  #put(records: readonly LogRecord[]): void {
    this.#say({ type: 'PUT', channel: CHANNEL, records: records.map(encodeRecord) });
  }

  /** What somebody wrote long ago, or a part of it. */
  #replay(random: Seeded): string {
    const { author } = random.pick(this.#heard).header;
    const all = this.#heard.filter(({ header }) => header.author === author);
    const counters = new Map(all.map((record) => [record.header.counter, record]));
    const records = [...counters.values()].sort((a, b) => a.header.counter - b.header.counter);
    const from = random.below(records.length);
    const some = records.slice(from, from + 1 + random.below(5));
    this.#put(some);
    return `says ${some.length} records of ${author.slice(0, 4)} again`;
  }

  /** In the name of a device, in a run that it never had: in a document that somebody has, or in one that nobody has. */
  #forge(random: Seeded): string {
    const { header, body } = random.pick(this.#heard);
    const documents: readonly DocumentId[] = [header.document, TREE_DOCUMENT, documentOf(newNodeId(random))];
    const document = random.pick(documents);
    // A body of its own document adds nothing; one of another would be a letter there twice.
    const isOwn = document === header.document;
    const isUnknown = document !== TREE_DOCUMENT && !isOwn;
    const isNonsense = !(isOwn || isUnknown) || random.chance(0.5);
    const author = authorOf(deviceOf(header.author), newRunId(random));
    this.forged.add(author);
    const counter = 1 + random.below(3);
    const record = makeRecord({
      folder: this.#folder,
      document,
      author,
      counter,
      prev: 0,
      time: this.#machine.time,
      // What the body names is named, or no relay would ask for it that nobody told of the true record. (That it needs other blobs, he
      // does not say: who waits for one is not in step, and rightly says so.)
      ...(isOwn && !isNonsense ? { blobs: header.blobs } : {}),
      // Another record belongs to it, which never comes.
      group: random.chance(0.2) ? { first: counter, size: 2 } : undefined,
      body: isNonsense ? random.bytes(random.below(40)) : body,
    });
    this.#put([record]);
    const what = isNonsense ? 'nonsense' : 'what was said';
    return `says ${what} in ${isUnknown ? 'a document that nobody has' : document} in the name of ${header.author.slice(0, 4)}`;
  }

  /**
   * A state: nonsense, a true one that is said to stand for what nobody wrote, or one that is damaged, or says who made it. (That one
   * stands for what a run has yet to write, he does not say: nobody can tell, and whoever may write may do worse.)
   */
  #state(random: Seeded): string {
    const { header, body } = random.pick(this.#heard);
    const document = random.chance(0.8) ? header.document : documentOf(newNodeId(random));
    const snapshots = this.#heard.filter(
      (record) => isSnapshot(record) && record.header.document === document,
    );
    const covered = new Map(random.chance(0.5) ? (snapshots[0]?.header.covers ?? NO_HEADS) : NO_HEADS);
    covered.set(authorOf(newDeviceId(random), newRunId(random)), 1 + random.below(9));
    const made = snapshots.length > 0 ? random.pick(snapshots).body.slice() : random.bytes(random.below(60));
    const way = random.pick(['as it is', 'damaged', 'cut off', 'an update', 'of somebody'] as const);
    if (way === 'damaged' && made.byteLength > 0) made[random.below(made.byteLength)] = random.below(256);
    const snapshot = makeSnapshot({
      folder: this.#folder,
      document,
      covers: covered,
      blobs: [],
      body: way === 'an update' ? body : way === 'cut off' ? made.slice(0, made.byteLength >> 1) : made,
    });
    const author = way === 'of somebody' ? header.author : snapshot.header.author;
    this.#put([{ ...snapshot, header: { ...snapshot.header, author } }]);
    return `gives a state of ${document}, ${way}${snapshots.length > 0 ? '' : ' and nonsense'}`;
  }

  /** Another content under the number of a record that is there: a relay that lost it, or never had it, cannot tell. */
  #fork(random: Seeded): string {
    const { header } = random.pick(this.#heardHere);
    this.#put([makeRecord({ ...header, body: random.bytes(20), group: undefined, blobs: [], clocks: [] })]);
    return `gives record ${header.counter} of ${header.author.slice(0, 4)} another content`;
  }

  #babble(random: Seeded): string {
    const message: Message = random.pick<Message>([
      { type: 'PING' },
      { type: 'PUT', channel: CHANNEL, records: [random.bytes(30)] },
      { type: 'PUT', channel: 7, records: [] },
      { type: 'LEAVE', channel: CHANNEL },
      { type: 'FAILED', code: 'INTERNAL', reason: '' },
      { type: 'AWARENESS', channel: CHANNEL, document: TREE_DOCUMENT, state: random.bytes(10) },
      { type: 'ACK', channel: CHANNEL, counter: 1, through: { seq: 1, digest: random.bytes(16) } },
    ]);
    const frame = encodeMessage(message);
    const way = random.below(3);
    if (way === 0) frame[random.below(frame.byteLength)] = random.below(256);
    this.#line?.send('caller', way === 1 ? random.bytes(random.below(60)) : frame);
    return way === 1 ? 'babbles' : `says ${message.type}${way === 0 ? ' with a byte changed' : ''}`;
  }
}
