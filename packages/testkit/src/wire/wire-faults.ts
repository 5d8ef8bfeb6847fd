/** What may become of bytes on their way. Each is one direction of one connection: it may count, and remember. */
import { type Clock, systemClock } from '@evermesh/core/base';

/** What a fault may do to the connection itself. */
export interface Line {
  /** Breaks it, both ways, at once. */
  reset(): void;
  /** Ends this direction; the other one goes on. */
  end(): void;
}

/** What is handed on in place of a piece. */
export type Spoil = (piece: Uint8Array, line: Line) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Made anew for each direction of each connection. */
export type WireFault = () => Spoil;

/** As it came. */
export const sound: WireFault = () => (piece) => [piece];

/** In pieces of so many bytes. */
export const fragments =
  (bytes: number): WireFault =>
  () =>
    function* (piece) {
      for (let at = 0; at < piece.byteLength; at += bytes) yield piece.subarray(at, at + bytes);
    };

/** Each piece so many milliseconds late. */
export const delayed =
  (milliseconds: number, clock: Clock = systemClock): WireFault =>
  () =>
    async function* (piece) {
      await new Promise<void>((resolve) => clock.after(milliseconds, resolve));
      yield piece;
    };

/** Nothing arrives, and nobody is told. */
export const blackHole: WireFault = () => () => [];

/** Calls `act` once, in place of the byte behind so many. */
const behind =
  (bytes: number, act: (rest: Uint8Array, line: Line) => Iterable<Uint8Array>): WireFault =>
  () => {
    let passed = 0;
    return function* (piece, line) {
      const here = bytes - passed;
      passed += piece.byteLength;
      if (here < 0 || here >= piece.byteLength) {
        yield piece;
        return;
      }
      yield piece.subarray(0, here);
      yield* act(piece.subarray(here), line);
    };
  };

/** The connection breaks behind so many bytes of one direction; so does the next one, behind as many. */
export const resetAfter = (bytes: number): WireFault =>
  behind(bytes, (_, line) => {
    line.reset();
    return [];
  });

/** Of one direction no more arrives than so many bytes, and then its end, as if that were all. */
export const truncatedAfter = (bytes: number): WireFault =>
  behind(bytes, (_, line) => {
    line.end();
    return [];
  });

/** The byte behind so many has one bit that it had not. */
export const flippedAt = (bytes: number): WireFault =>
  behind(bytes, (rest) => [Uint8Array.from(rest, (byte, index) => (index === 0 ? byte ^ 1 : byte))]);

/** What comes behind so many bytes in one piece comes twice. */
export const repeatedAt = (bytes: number): WireFault => behind(bytes, (rest) => [rest, rest]);
