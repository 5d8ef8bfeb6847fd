/** What the WebSocket transport takes from a browser. */
import type { OpenSocket, SocketLike } from './socket-like.ts';

const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => SocketLike };

export const openSocket: OpenSocket = (url) => new WebSocket(url);

/** The body of an upload: browsers send streams to some servers only, so it is gathered first. */
export async function uploadBody(bytes: AsyncIterable<Uint8Array>): Promise<RequestInit> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of bytes) parts.push(new Uint8Array(piece));
  return { body: new Blob(parts) };
}
