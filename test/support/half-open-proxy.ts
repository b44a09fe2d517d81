import { connect, createServer, type Server, type Socket } from 'node:net';

/** So much is kept of what a client says first. */
const GREETING_BYTES = 200;

/**
 * A TCP proxy on loopback that can fall silent (connections stay open, nothing passes), be cut (connections end) or be slow (what the target says
 * comes late, each round trip anew). The idea is pg-boss's.
 */
export class HalfOpenProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What clients have said first, by both sockets of their connection. */
  readonly #greetings = new WeakMap<Socket, string>();
  #isSilent = false;
  #isCut = false;
  #answersLateMs = 0;

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

  /** The same as the address of an HTTP server, such as Asterisk's. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on bytes in both directions vanish, on old and on new connections. */
  fallSilent(): void {
    this.#isSilent = true;
  }

  /** All connections end now, and new ones end at once; those go on whose client has begun with these words. */
  cut(butNot?: RegExp): void {
    this.#isCut = true;
    for (const socket of this.#sockets) if (!butNot?.test(this.#greetings.get(socket) ?? '')) socket.destroy();
  }

  /** Connections made from now on work; those from before stay silent for ever, as after a router's restart. */
  recover(): void {
    this.#isSilent = false;
    this.#isCut = false;
  }

  /** From now on whatever the target says comes so much later, in its order; what is late already stays so. */
  delayAnswers(ms: number): void {
    this.#answersLateMs = ms;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    let isDead = false;
    near.once('data', (bytes: Buffer) => {
      for (const socket of [near, far]) this.#greetings.set(socket, bytes.toString('latin1', 0, GREETING_BYTES));
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      const late: Buffer[] = [];
      let dueAtMs = 0;
      from.on('data', (bytes) => {
        isDead ||= this.#isSilent;
        if (isDead) return;
        const nowMs = performance.now();
        dueAtMs = Math.max(dueAtMs, nowMs + (from === far ? this.#answersLateMs : 0));
        if (dueAtMs <= nowMs && late.length === 0) to.write(bytes);
        // Whichever timer is first: the oldest bytes go.
        else if (late.push(bytes)) setTimeout(() => to.write(late.shift() ?? ''), dueAtMs - nowMs);
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!isDead && !this.#isSilent) to.destroy();
      });
    }
  }
}
