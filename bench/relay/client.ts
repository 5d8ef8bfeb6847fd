/** What every client of a relay can do, whatever it speaks: enough to make load, and to see that it arrives. */

/** What somebody typed into a document: an update of Yjs, which holds the text's characters up to `through`. */
export interface Typed {
  readonly update: Uint8Array;
  /** What it inserts, for engines that are not made of Yjs. */
  readonly text: string;
  /** How long the text is with it. */
  readonly through: number;
}

export interface ClientOptions {
  readonly port: number;
  /** Whether documents belong to each other, as files of a folder do. Those of one client that do share what can be shared. */
  readonly apart: boolean;
  /** Told how long a document's text is now, when something of another client came. */
  readonly arrived?: ((document: number, through: number) => void) | undefined;
  /** Told each update of a document that came, for whoever builds the document. */
  readonly received?: ((document: number, update: Uint8Array) => void) | undefined;
}

/** Documents have numbers. A client that closed may open documents again, of which it then knows what it knew. */
export interface RelayClient {
  /** Resolves when what the relay has of these documents has come. */
  open(documents: readonly number[]): Promise<void>;
  /** Hands the relay what was typed. One client types into a document. */
  type(document: number, typed: Typed): void;
  /** Leaves; resolves when the relay has closed its sockets. */
  close(): Promise<void>;
}

export type ConnectClient = (options: ClientOptions) => RelayClient;
