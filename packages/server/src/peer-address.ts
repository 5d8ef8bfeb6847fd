/**
 * Where a peer is, for counting: its address, or of IPv6 the network that one customer is given. Behind a reverse proxy that the
 * operator trusts it is the last address that this proxy has added; anybody can write the others.
 */
import { isIP, isIPv6 } from 'node:net';

/** @param address as a socket tells it */
export function countedAddress(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('%', 1).join().split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const missing = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return `${[...before, ...missing, ...after].slice(0, 4).join(':')}::/64`;
}

const groupsOf = (part: string): string[] =>
  part.split(':').flatMap((group) => (group === '' ? [] : [Number.parseInt(group, 16).toString(16)]));

/** One that stands for an address of IPv4 is that. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** What a proxy says of who is behind it, or `undefined` if that is no address. */
export function forwardedAddress(header: string | readonly string[] | undefined): string | undefined {
  const last = [header ?? []].flat().join(',').split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? undefined : last;
}
