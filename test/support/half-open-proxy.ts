import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback that can fall silent (connections stay open, nothing passes) or be cut (connections end). The idea is pg-boss's. */
export class HalfOpenProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port and passes everything to the target. */
  static async start(target: { host: string; port: number }): Promise<HalfOpenProxy> {
    const server = createServer();
    const proxy = new HalfOpenProxy(server);
    server.on('connection', (near) => (proxy.#isCut ? near.destroy() : proxy.#join(near, connect(target))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return address.port;
  }

  /** From now on bytes in both directions vanish, on old and on new connections. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  /** All connections end now, and new ones end at once. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Connections made from now on work; those from before stay silent for ever, as after a router's restart. */
  recover(): void {
    this.#isSilent = false;
    this.#isCut = false;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    let isDead = false;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => {
        isDead ||= this.#isSilent;
        if (!isDead) to.write(bytes);
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!isDead && !this.#isSilent) to.destroy();
      });
    }
  }
}
