import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Is told what a client sends. */
export type Listener = (bytes: Buffer) => void;

/** A TCP proxy on loopback that passes everything on, and lets what clients send be listened to. */
export class Tap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }, listen: () => Listener) {
    this.#server = createServer((near) => this.#join(near, connect(target), listen()));
  }

  /** `url` is where it leads to; `listen` is called for each connection. */
  static async start(url: string, listen: () => Listener): Promise<Tap> {
    const { hostname: host, port } = new URL(url);
    const tap = new Tap({ host, port: Number(port) }, listen);
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  /** Where it listens. */
  get host(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The tap does not listen');
    return `127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket, listener: Listener): void {
    near.on('data', (bytes: Buffer) => {
      far.write(bytes);
      listener(bytes);
    });
    far.on('data', (bytes: Buffer) => near.write(bytes));
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
