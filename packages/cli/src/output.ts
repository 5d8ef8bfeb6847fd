/**
 * Where events go: one line of JSON each on stdout, or words. Progress is for people at a terminal only and stays on
 * one line of stderr. Errors in words go to stderr, so that a pipe gets answers and nothing else.
 */
import type { CliEvent } from './events.ts';
import { describe, progressText } from './human.ts';
import { jsonLine } from './printable.ts';
import { type Paint, plural, withColour, withoutColour } from './words.ts';

export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Output {
  tell(event: CliEvent): void;
  /** A finished line, whatever was in progress before. */
  end(): void;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly json: boolean;
  readonly noColor: boolean;
}

export const openOutput = (options: OutputOptions): Output =>
  options.json ? jsonOutput(options.stdout) : new HumanOutput(options);

const jsonOutput = (stdout: Sink): Output => ({
  tell: (event) => void stdout.write(`${jsonLine(event)}\n`),
  end: () => {},
});

/** Changes shown one by one before the next "in step"; a first sync of thousands of files is told as a number. */
const CHANGES_SHOWN = 20;

/** Events that are told on their own, between which the changes are counted. */
const CLOSES_BURST: ReadonlySet<CliEvent['event']> = new Set(['synced', 'sync', 'stopped', 'error']);

class HumanOutput implements Output {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #paint: Paint;
  readonly #errorPaint: Paint;
  #progressShown = false;
  #changes = 0;

  constructor({ stdout, stderr, noColor }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#paint = stdout.isTTY === true && !noColor ? withColour : withoutColour;
    this.#errorPaint = stderr.isTTY === true && !noColor ? withColour : withoutColour;
  }

  tell(event: CliEvent): void {
    if (event.event === 'progress') return this.#progress(progressText(event));
    this.end();
    if (event.event === 'change' && this.#changes++ >= CHANGES_SHOWN) return;
    if (CLOSES_BURST.has(event.event)) this.#closeBurst();
    const isError = event.event === 'error' || event.event === 'notice';
    const sink = isError ? this.#stderr : this.#stdout;
    const lines = describe(event, isError ? this.#errorPaint : this.#paint, sink.isTTY === true);
    if (lines.length > 0) sink.write(`${lines.join('\n')}\n`);
  }

  end(): void {
    if (!this.#progressShown) return;
    this.#stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }

  #progress(text: string): void {
    if (this.#stderr.isTTY !== true) return;
    // A line that wraps could not be taken back.
    const width = (this.#stderr.columns ?? 80) - 1;
    this.#stderr.write(`\r\u001b[K${text.slice(0, width)}`);
    this.#progressShown = true;
  }

  #closeBurst(): void {
    const unseen = this.#changes - CHANGES_SHOWN;
    this.#changes = 0;
    if (unseen > 0) this.#stdout.write(`... and ${plural(unseen, 'further change')}.\n`);
  }
}
