/**
 * How many connections one address may have. One too many is told so as soon as it asks for something, and closed if it does not:
 * who floods the door holds nothing for long. Connections of a trusted proxy are counted by who is behind it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { AddressCount } from './address-count.ts';
import { countedAddress, forwardedAddress, plainAddress } from './peer-address.ts';

/** Milliseconds that one too many has to say what it wants. */
const ASK_WITHIN = 2000;

export interface ConnectionLimitsOptions {
  readonly connectionsPerAddress: number;
  /** Addresses of proxies, as sockets tell them. */
  readonly trustedProxies: readonly string[];
}

export class ConnectionLimits {
  readonly #count: AddressCount;
  readonly #proxies: ReadonlySet<string>;
  readonly #clock: Clock;
  /** By address and port: under TLS the socket of a request is another one. */
  readonly #tooMany = new Set<string>();

  constructor({ connectionsPerAddress, trustedProxies }: ConnectionLimitsOptions, clock: Clock) {
    this.#count = new AddressCount(connectionsPerAddress);
    this.#proxies = new Set(trustedProxies.map(plainAddress));
    this.#clock = clock;
  }

  /** A connection was made. */
  connected(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    if (this.#isProxy(remoteAddress)) return;
    const leave = this.#count.enter(countedAddress(remoteAddress));
    if (leave !== undefined) {
      socket.once('close', leave);
      return;
    }
    const place = placeOf(socket);
    this.#tooMany.add(place);
    const timer = this.#clock.after(ASK_WITHIN, () => socket.destroy());
    socket.once('close', () => {
      timer.cancel();
      this.#tooMany.delete(place);
    });
  }

  /**
   * Whether what is asked for on a connection may be answered.
   * @param ended called with what is to be called once the answer is over
   * @throws RELAY_BUSY
   */
  check({ socket, headers }: IncomingMessage, ended: (leave: () => void) => void): void {
    if (this.#tooMany.has(placeOf(socket))) throw busy();
    const { remoteAddress = '' } = socket;
    const behind = this.#isProxy(remoteAddress) ? forwardedAddress(headers['x-forwarded-for']) : undefined;
    if (behind === undefined) return;
    const leave = this.#count.enter(countedAddress(behind));
    if (leave === undefined) throw busy();
    ended(leave);
  }

  #isProxy(address: string): boolean {
    return this.#proxies.has(plainAddress(address));
  }
}

const placeOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

const busy = (): EvermeshError =>
  new EvermeshError('RELAY_BUSY', 'The relay has as many connections from this address as it takes.');
