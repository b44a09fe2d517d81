import { connect, createServer, type Server, type Socket } from 'node:net';

export interface ProxyOptions {
  /** Hands the server's bytes on in pieces of so many. */
  readonly splitBytes?: number;
  /** Rewrites what the server sends (latin1, so that bytes stay bytes). */
  readonly rewrite?: (text: string) => string;
}

/** A wire to a server that can be cut, swallow everything, refuse, split and rewrite. */
export class XmppProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<Socket>();
  /** Connections are closed at once. */
  isRefusing = false;
  /** Bytes vanish in both directions, and connections stay open. */
  isBlackhole = false;
  /** Connections that were opened since the start. */
  connections = 0;

  private constructor(targetPort: number, options: ProxyOptions) {
    this.#targetPort = targetPort;
    this.#options = options;
    this.#server = createServer((client) => this.#onClient(client));
  }

  static async start(targetPort: number, options: ProxyOptions = {}): Promise<XmppProxy> {
    const proxy = new XmppProxy(targetPort, options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get service(): string {
    const address = this.#server.address();
    return `xmpp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  /** Cuts every connection, as a network does that goes away. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #onClient(client: Socket): void {
    if (this.isRefusing) {
      client.destroy();
      return;
    }
    this.connections += 1;
    const upstream = connect(this.#targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    client.on('data', (data) => {
      if (!this.isBlackhole) upstream.write(data);
    });
    const pass = this.#options.splitBytes
      ? splitter(client, this.#options.splitBytes)
      : (data: Buffer) => client.write(data);
    upstream.on('data', (data) => {
      if (!this.isBlackhole) pass(this.#rewritten(data));
    });
    const end = () => {
      this.#sockets.delete(client);
      this.#sockets.delete(upstream);
      client.destroy();
      upstream.destroy();
    };
    client.on('close', end);
    upstream.on('close', () => {
      if (!this.isBlackhole) end();
    });
  }

  #rewritten(data: Buffer): Buffer {
    const { rewrite } = this.#options;
    return rewrite ? Buffer.from(rewrite(data.toString('latin1')), 'latin1') : data;
  }
}

/** Writes in pieces, each in a turn of its own, so that the reader gets them apart. */
function splitter(client: Socket, bytes: number): (data: Buffer) => void {
  let last = Promise.resolve();
  return (data) => {
    last = last.then(async () => {
      for (let start = 0; start < data.length; start += bytes) {
        client.write(data.subarray(start, start + bytes));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  };
}
