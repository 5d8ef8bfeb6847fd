/** Stands between two programs on loopback. What becomes of the bytes is up to whoever opens it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class LoopbackProxy {
  /** The port to which connections go on; without one nobody is let through. */
  target: number | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #handOn: (from: Socket, to: Socket) => void;

  /** @param handOn called for both directions of each connection, when that is made */
  static async open(handOn: (from: Socket, to: Socket) => void): Promise<LoopbackProxy> {
    const proxy = new LoopbackProxy(handOn);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(handOn: (from: Socket, to: Socket) => void) {
    this.#handOn = handOn;
    this.#server = createServer({ noDelay: true }, (near) => this.#connected(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connected(near: Socket): void {
    if (this.target === undefined) {
      near.destroy();
      return;
    }
    // Nothing is read before the target answers: what was sent to somebody who is away has not passed.
    near.pause();
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      near.destroy();
      far.destroy();
      this.#sockets.delete(near);
      this.#sockets.delete(far);
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    far.on('connect', () => {
      this.#handOn(near, far);
      this.#handOn(far, near);
      near.resume();
    });
  }
}
