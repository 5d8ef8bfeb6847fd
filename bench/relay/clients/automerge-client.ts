/** A client of a relay of automerge-repo: a repository without a disk, since its protocol cannot be spoken without documents. */
import { importPeer } from '../../log/peer-package.ts';
import type { ClientOptions, ConnectClient, RelayClient, Typed } from '../client.ts';
import { eachOf } from '../sockets.ts';

interface Text {
  text: string;
}

interface Handle {
  readonly url: string;
  doc(): Text | undefined;
  change(act: (doc: Text) => void): void;
  on(event: 'change', listener: () => void): void;
}

interface Repo {
  create(content: Text): Handle;
  find(url: string): Promise<Handle>;
  shutdown(): Promise<void>;
}

interface Automerge {
  splice(doc: Text, path: readonly string[], at: number, deleted: number, inserted: string): void;
}

interface Repository {
  Repo: new (options: object) => Repo;
}

interface Network {
  WebSocketClientAdapter: new (url: string) => object;
}

/** Documents are named by whoever makes them; everybody here learns of the names at once. */
const urls = new Map<string, string>();
let clients = 0;

export const automergeClient: ConnectClient = (options) => new AutomergeClient(options);

class AutomergeClient implements RelayClient {
  readonly #options: ClientOptions;
  readonly #handles = new Map<number, Handle>();
  readonly #typing = new Set<number>();
  #repo: Repo | undefined;
  #automerge: Automerge | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  async open(documents: readonly number[]): Promise<void> {
    const repo = (this.#repo ??= await this.#connect());
    await eachOf(documents, async (document) => {
      const name = `${this.#options.port} ${document}`;
      const url = urls.get(name);
      const handle = url === undefined ? repo.create({ text: '' }) : await repo.find(url);
      urls.set(name, handle.url);
      this.#handles.set(document, handle);
      handle.on('change', () => {
        if (!this.#typing.has(document)) this.#options.arrived?.(document, handle.doc()?.text.length ?? 0);
      });
    });
  }

  type(document: number, { text, through }: Typed): void {
    this.#typing.add(document);
    this.#handles
      .get(document)
      ?.change((doc) => this.#automerge?.splice(doc, ['text'], through - text.length, 0, text));
  }

  async close(): Promise<void> {
    await this.#repo?.shutdown();
    this.#repo = undefined;
    this.#handles.clear();
  }

  async #connect(): Promise<Repo> {
    const { Repo: OpenRepo } = await importPeer<Repository>('@automerge/automerge-repo');
    this.#automerge = await importPeer<Automerge>('@automerge/automerge');
    const { WebSocketClientAdapter } = await importPeer<Network>(
      '@automerge/automerge-repo-network-websocket',
    );
    clients += 1;
    const network = [new WebSocketClientAdapter(`ws://127.0.0.1:${this.#options.port}`)];
    return new OpenRepo({ network, peerId: `client-${clients}` });
  }
}
