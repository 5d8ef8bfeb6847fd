/** Sockets of clients: `ws`, as every engine here has it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** How many are opened at a time: what a system lets wait at a door is bounded. */
const AT_ONCE = 50;

/** Resolves when it is open. Bytes that come are handed to `received` from the first on. */
export async function openSocket(
  port: number,
  path: string,
  received: (bytes: Uint8Array) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { perMessageDeflate: false });
  socket.on('message', (data) => received(data as Buffer));
  await once(socket, 'open');
  // What ends it later is seen by what does not arrive.
  socket.on('error', () => undefined);
  return socket;
}

export async function closeSockets(sockets: readonly WebSocket[]): Promise<void> {
  await eachOf(sockets, async (socket) => {
    if (socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  });
}

/** Does it for each, some at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE)
    await Promise.all(items.slice(from, from + AT_ONCE).map(act));
}
