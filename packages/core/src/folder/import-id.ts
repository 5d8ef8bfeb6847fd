/**
 * Identities of what an import finds. Two devices that import the same bytes at the same path before they meet make the
 * same node and the same first content, so nothing is doubled. The folder's secret is mixed in: nobody outside can tell
 * from an id what a file holds, or make a file whose node a known file would become.
 */
import { concatBytes, type NodeId, nodeIdFrom, sha256, utf8 } from '../base/index.ts';
import type { NodeKind } from '../model/index.ts';

export function importId(secret: string, path: string, kind: NodeKind, digest: string): NodeId {
  return nodeIdFrom(sha256(utf8(['import', secret, kind, digest, path].join('\0'))).slice(0, 12));
}

/** The `clientID` that writes an imported node's first content: equal content by equal structs, on every device. */
export function seedClientId(secret: string, id: NodeId): number {
  const bytes = sha256(concatBytes([utf8('seed\0'), utf8(secret), utf8(id)]));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return (view.getUint32(0) & 0x1f_ffff) * 0x1_0000_0000 + view.getUint32(4);
}
