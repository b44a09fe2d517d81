import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';

/** A message of ARI's event socket: an event or answer of Asterisk, or a request to it. */
export interface AriFrame {
  readonly from: 'asterisk' | 'application';
  readonly message: Readonly<Record<string, unknown>>;
}

/** What becomes of a message: it is passed on, or it never arrives. */
export type Verdict = 'pass' | 'drop';

/** Only the event socket is read; HTTP requests and the sockets for sound are passed on as they are. */
const EVENTS = /^GET \/ari\/events[?\s]/;

/**
 * Stands between the application and Asterisk, and shows every message of the event socket to a watcher before it is passed on: so that
 * a process can be killed exactly there. When one side is gone the other one learns it at once, as without a proxy.
 */
export class AriProxy {
  readonly #server: Server;
  readonly #http: HttpServer;
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #watch: (frame: AriFrame) => Verdict = () => 'pass';

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((near) => this.#accept(near));
    this.#http = createHttpServer();
    this.#http.on('upgrade', (request, socket, head) => {
      this.#webSockets.handleUpgrade(request, socket, head, (near) =>
        this.#join(near, request.url ?? '', request.headers),
      );
    });
  }

  /** Listens on a free port of loopback; `target` is Asterisk's `http://HOST:PORT`. */
  static async start(target: string): Promise<AriProxy> {
    const proxy = new AriProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** What the application is to be told as Asterisk's address. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Asks about every message from now on, in the order of their coming; the watcher before is asked no longer. */
  watch(watcher: (frame: AriFrame) => Verdict): void {
    this.#watch = watcher;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#webSockets.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    this.#keep(near);
    near.once('data', (first) => {
      near.pause();
      near.unshift(first);
      if (EVENTS.test(first.toString('latin1'))) this.#http.emit('connection', near);
      else this.#pipe(near);
      near.resume();
    });
  }

  #pipe(near: Socket): void {
    const far = connect({ host: this.#target.hostname, port: Number(this.#target.port) });
    this.#keep(far);
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #join(near: WebSocket, path: string, headers: Readonly<Record<string, unknown>>): void {
    const { authorization } = headers;
    const far = new WebSocket(`ws://${this.#target.host}${path}`, {
      perMessageDeflate: false,
      headers: typeof authorization === 'string' ? { authorization } : {},
    });
    const early: string[] = [];
    far.on('open', () => {
      for (const text of early.splice(0)) far.send(text);
    });
    near.on('message', (data) => {
      const text = textOf(data);
      if (this.#judge('application', text) === 'drop') return;
      if (far.readyState === WebSocket.OPEN) far.send(text);
      else early.push(text);
    });
    far.on('message', (data) => {
      const text = textOf(data);
      if (this.#judge('asterisk', text) === 'pass' && near.readyState === WebSocket.OPEN) near.send(text);
    });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => one.terminate());
      one.on('close', () => other.terminate());
    }
  }

  #judge(from: AriFrame['from'], text: string): Verdict {
    return this.#watch({ from, message: JSON.parse(text) as AriFrame['message'] });
  }
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8');
}
