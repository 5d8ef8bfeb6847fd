/** Counts for Prometheus. Nothing that people named is in them: no folder, no device, no address, no token. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RelayMeter } from './relay-meter.ts';

/** What is looked at when somebody asks. */
export interface RelayState {
  readonly connections: number;
  readonly channels: number;
  readonly folders: number;
  /** What was sent and has not left, of all sockets. */
  readonly waitingBytes: number;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class PrometheusMeter implements RelayMeter {
  readonly #registry = new Registry();
  readonly #frames = this.#counter('frames_total', 'Frames on sockets.', ['direction']);
  readonly #frameBytes = this.#counter('frame_bytes_total', 'Bytes of these frames.', ['direction']);
  readonly #refused = this.#counter('refused_total', 'What was not taken from peers, by error code.', [
    'code',
  ]);
  readonly #syncedBytes = this.#counter(
    'store_synced_bytes_total',
    'Bytes that were made durable in the store.',
  );
  readonly #compactions = this.#counter('compactions_total', 'Documents that were compacted.');
  readonly #syncs = new Histogram({
    name: 'evermesh_relay_store_sync_seconds',
    help: 'How long a batch of the store took to be durable. Nothing is acknowledged before.',
    buckets: SECONDS,
    registers: [this.#registry],
  });

  /** @param state asked each time somebody looks */
  watch(state: () => RelayState): void {
    this.#gauge('connections', 'Sockets that are open.', () => state().connections);
    this.#gauge(
      'channels',
      'Folders that are open on them, each counted for each socket.',
      () => state().channels,
    );
    this.#gauge('waiting_bytes', 'Bytes that wait for devices to read them.', () => state().waitingBytes);
    this.#gauge('folders_open', 'Folders of which the log is open.', () => state().folders);
  }

  frame(direction: 'in' | 'out', bytes: number): void {
    this.#frames.inc({ direction });
    this.#frameBytes.inc({ direction }, bytes);
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  synced(bytes: number, milliseconds: number): void {
    this.#syncedBytes.inc(bytes);
    this.#syncs.observe(milliseconds / 1000);
  }

  compacted(): void {
    this.#compactions.inc();
  }

  /** As Prometheus reads it, and how that is called. */
  async page(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `evermesh_relay_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, look: () => number): void {
    const gauge: Gauge = new Gauge({
      name: `evermesh_relay_${name}`,
      help,
      registers: [this.#registry],
      collect: () => gauge.set(look()),
    });
  }
}
