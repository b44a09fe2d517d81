import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between the application and Asterisk and breaks: cuts connections, lets nobody in, swallows every byte. */
export class AriProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  #isClosedToAll = false;
  #swallows = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  static async start(targetPort: number): Promise<AriProxy> {
    const proxy = new AriProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Cuts every connection, and every new one until `letIn`. */
  cut(): void {
    this.#isClosedToAll = true;
    for (const pair of this.#pairs) this.#drop(pair);
  }

  letIn(): void {
    this.#isClosedToAll = false;
    this.#swallows = false;
  }

  /** Keeps all connections open and passes nothing on: a frozen Asterisk, or a cable pulled without a word. */
  swallow(): void {
    this.#swallows = true;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#isClosedToAll) {
      near.destroy();
      return;
    }
    const far = connect(this.#target, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    this.#pipe(near, far);
    this.#pipe(far, near);
    for (const socket of [near, far]) {
      socket.on('error', () => this.#drop(pair));
      socket.on('close', () => this.#drop(pair));
    }
  }

  #pipe(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (!this.#swallows) to.write(bytes);
    });
  }

  #drop(pair: { readonly near: Socket; readonly far: Socket }): void {
    this.#pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  }
}
