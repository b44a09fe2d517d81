import { Socket as TcpSocket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { client as libraryClient, xml as libraryXml } from '@xmpp/client';
import { xmlSafe } from '../stanzas/text.ts';

/**
 * The one door to @xmpp/client 0.14.0 (pinned exactly: names that start with an underscore are the library's own). What is
 * used of it: sockets, the XML stream (RFC 6120 section 4), parser and builder. Its middleware, SASL, stream management,
 * request table and reconnect are not used: xmpp-facts names eight faults there.
 */

/** An XML element as the library's parser and builder make it. */
export interface Element {
  readonly name: string;
  readonly attrs: Record<string, string | undefined>;
  children: (Element | string)[];
  is(name: string, xmlns?: string): boolean;
  getName(): string;
  getNS(): string | undefined;
  getChild(name: string, xmlns?: string): Element | undefined;
  getChildren(name: string, xmlns?: string): Element[];
  getChildText(name: string, xmlns?: string): string | null;
  getChildElements(): Element[];
  getText(): string;
  append(...nodes: (Element | string)[]): void;
  toString(): string;
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;
export type XmlNode = Element | string | null | undefined;

/**
 * Builds an element. Names of elements and attributes are ours; every value may come from outside: the library escapes
 * markup, and what XML 1.0 can't carry is replaced here (a server closes the whole stream over one such character).
 */
export function xml(name: string, attributes: Attributes = {}, ...children: XmlNode[]): Element {
  const safe: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) safe[key] = xmlSafe(String(value));
  }
  const nodes = children.map((child) => (typeof child === 'string' ? xmlSafe(child) : child));
  const build = libraryXml as unknown as (name: string, attrs: Record<string, string>, ...nodes: XmlNode[]) => Element;
  return build(name, safe, ...nodes);
}

/** The library's connection as far as it is used. */
export interface LibraryClient {
  socket: LibrarySocket | null;
  readonly parser: { write(text: string): void } | null;
  connect(service: string): Promise<unknown>;
  open(options: { domain: string; lang: string }): Promise<unknown>;
  write(text: string): Promise<void>;
  isSecure(): boolean;
  restart(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'connect' | 'close' | 'disconnect', listener: () => void): void;
  emit(event: 'error', error: Error): void;
  _onData(data: Buffer): void;
  _onElement(element: Element): void;
  _streamError(condition: string): Promise<void>;
  _attachSocket(socket: LibrarySocket): void;
  _detachSocket(): void;
  _detachParser(): void;
}

/** The library's TCP socket is node's; its TLS socket wraps node's in `socket`. */
export interface LibrarySocket {
  readonly secure: boolean;
  readonly socket?: TcpSocket | null;
  connect(options: ConnectionOptions): void;
  once(event: 'connect' | 'error' | 'close', listener: (error?: Error) => void): void;
}

type SocketParameters = Readonly<Record<string, unknown>> | undefined;
interface Transport {
  prototype: { Socket: new () => LibrarySocket; socketParameters(service: string): SocketParameters };
}

export interface LibraryClientOptions {
  readonly service: string;
  readonly domain: string;
  /** What direct TLS (`xmpps:`) is opened with; the library itself passes neither ca nor name (fault 8). */
  readonly tls: ConnectionOptions;
}

/** A library client of which only transport, stream and parser are left: nothing listens to its elements but us. */
export function createLibraryClient({ service, domain, tls }: LibraryClientOptions): {
  client: LibraryClient;
  createTlsSocket: () => LibrarySocket;
} {
  const full = libraryClient({ service, domain });
  full.reconnect.stop();
  full.removeAllListeners();
  // No time limits of its own, they would leave timers behind: ours end the whole stream.
  full.timeout = 0;
  const client = full as unknown as LibraryClient & { transports: Transport[] };
  const direct = client.transports.find((transport) => acceptsDirectTls(transport));
  if (!direct) throw new Error('@xmpp/client has no TLS transport');
  const Direct = direct as unknown as new () => object;
  const Configured = class extends Direct {
    socketParameters(uri: string): SocketParameters {
      const parameters = direct.prototype.socketParameters(uri);
      return parameters && { ...parameters, ALPNProtocols: ['xmpp-client'], ...tls };
    }
  };
  client.transports[client.transports.indexOf(direct)] = Configured as unknown as Transport;
  return { client, createTlsSocket: () => new direct.prototype.Socket() };
}

/** Node's socket under the library's, or `null` when it is gone. */
export function nodeSocket(socket: LibrarySocket | null): TcpSocket | null {
  if (socket instanceof TcpSocket) return socket;
  return socket?.socket ?? null;
}

function acceptsDirectTls(transport: Transport): boolean {
  try {
    return transport.prototype.socketParameters('xmpps://host:1') !== undefined;
  } catch {
    return false;
  }
}
