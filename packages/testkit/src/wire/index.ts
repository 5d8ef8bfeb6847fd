/** Real sockets with faults between two programs, for Node alone. */
export { FaultyWire, type WireFaults } from './faulty-wire.ts';
export {
  blackHole,
  delayed,
  flippedAt,
  fragments,
  type Line,
  repeatedAt,
  resetAfter,
  sound,
  type Spoil,
  truncatedAfter,
  type WireFault,
} from './wire-faults.ts';
