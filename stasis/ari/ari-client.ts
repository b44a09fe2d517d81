import { createRequire } from 'node:module';

/** The socket that ari-client opens: the part of `ws` 6 that is used here. */
export interface AriSocket {
  on(event: 'open', listener: () => void): void;
  on(event: 'message', listener: (data: string | Buffer) => void): void;
  on(event: 'pong', listener: (data: Buffer) => void): void;
  on(event: 'close', listener: (code: number, reason: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  removeAllListeners(): void;
  send(data: string, callback: (error?: Error) => void): void;
  /** Node's socket below (a private field of `ws` 6), for writing several messages at once. */
  readonly _socket?: { cork(): void; uncork(): void };
  ping(data?: string): void;
  close(): void;
  /** Ends the connection at once, without the closing handshake that a frozen peer never answers. */
  terminate(): void;
}

/** A connected ari-client: Asterisk's API description is read, no socket is open yet. */
export interface AriClient {
  /** Opens ari-client's event socket for the application; the caller attaches its own listeners at once. */
  openSocket(application: string): AriSocket;
}

export interface AriAddress {
  /** `http://127.0.0.1:8088`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** What ari-client 2.2.0 (pinned: `_ws` is its private field) gives. It has no types of its own for what is used here. */
interface LibraryClient {
  _ws: AriSocket;
  start(applications: string): Promise<void>;
}
export interface Library {
  connect(url: string, username: string, password: string): Promise<LibraryClient>;
}
interface SwaggerLibrary {
  readonly SwaggerApi: {
    readonly prototype: { fail(this: { failure(message: string): void }, message: string): void };
  };
}

const requireHere = createRequire(import.meta.url);
let library: Library | undefined;
/** swagger-client keeps one password for the whole process: descriptions are read one after another. */
let lastConnect: Promise<unknown> = Promise.resolve();

/** Reads the API description with ari-client's own `connect`. Rejects with whatever the library says. */
export function connectAriClient({ url, username, password }: AriAddress): Promise<AriClient> {
  const connecting = lastConnect.then(async () => {
    const client = await loadAriClient().connect(url, username, password);
    return { openSocket: (application: string) => openSocket(client, application) };
  });
  lastConnect = connecting.catch(() => undefined);
  return connecting;
}

/**
 * Takes the socket from ari-client before anything arrives: its own handlers reconnect without telling, build a resource
 * object with all methods for each event, and throw at an event that the API description does not know.
 */
function openSocket(client: LibraryClient, application: string): AriSocket {
  // Never settles: the listeners that would settle it are removed on the next line but one.
  client.start(application).catch(() => undefined);
  const socket = client._ws;
  socket.removeAllListeners();
  return socket;
}

/** Loads the library, which takes a while, at a time at which nobody waits for it; else the first connection does it. */
export function loadAriClient(): Library {
  if (library) return library;
  const fromAriClient = createRequire(requireHere.resolve('ari-client'));
  const swagger = fromAriClient('swagger-client') as SwaggerLibrary;
  // The original reports the failure and then throws a string out of a socket's callback, which would end the process.
  swagger.SwaggerApi.prototype.fail = function fail(message) {
    this.failure(message);
  };
  // swagger-client leaks a global `log` that prints "deprecated version of Swagger" on standard output.
  Object.assign(globalThis, { log: () => undefined });
  library = requireHere('ari-client') as Library;
  return library;
}
