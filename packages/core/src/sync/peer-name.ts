/** Names a peer in the store: its address, in the few characters that a key may have. */
import { sha256, toHex, utf8 } from '../base/index.ts';
import type { PeerName } from '../log/index.ts';

/** Equal addresses are one peer; another path to the same relay is another one, and is compared anew. */
export const peerNameOf = (address: string): PeerName => toHex(sha256(utf8(address)).slice(0, 16));
