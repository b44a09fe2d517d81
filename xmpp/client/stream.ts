import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../src/lib/deferred.ts';
import { failureFrom, XmppFailure } from './failure.ts';
import { createLibraryClient, type Element, type LibraryClient, type LibrarySocket, nodeSocket } from './library.ts';
import { NS } from './namespaces.ts';
import { directTlsOptions, type TlsSettings, tlsOptions } from './tls.ts';

/** Elements that may wait while the stream is negotiated; a server sends two or three. */
const PENDING_MAX = 1000;
/** Bytes of one stanza, and of what waits to be written: beyond it the stream is given up. */
const STANZA_BYTES_MAX = 4 * 1024 * 1024;
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;
/** How long the server may take to answer our end of the stream. */
const CLOSE_LIMIT_MS = 1_000;

export interface StreamOptions {
  readonly service: string;
  readonly domain: string;
  readonly tls: TlsSettings;
  readonly clock: Clock;
}

interface Waiter {
  readonly matches: (element: Element) => boolean;
  readonly settled: Deferred<Element>;
}

/**
 * One XML stream over one socket (RFC 6120 sections 3 and 4), used once: whatever goes wrong ends it, and the next
 * attempt makes a new one, so that no state of a broken stream is ever left over.
 */
export class XmppStream {
  /** Settles once, with the reason, when the stream is over. */
  readonly closed: Promise<XmppFailure>;
  /** Called for every element in the order of the wire, before anything else sees it. */
  onReceived: (element: Element) => void = () => {};
  /** When bytes last came, on the clock given: the sign of life. */
  lastReceivedAtMs: number;
  readonly #options: StreamOptions;
  readonly #library: LibraryClient;
  readonly #createTlsSocket: () => LibrarySocket;
  readonly #end = deferred<XmppFailure>();
  #decoder = new StringDecoder('utf8');
  #declaration: string | null = '';
  #bytesSinceElement = 0;
  #pending: Element[] = [];
  #waiter: Waiter | null = null;
  #deliver: ((element: Element) => void) | null = null;
  #failure: XmppFailure | null = null;
  #unsent = '';
  #closeOverTls: (() => void) | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.closed = this.#end.promise;
    this.lastReceivedAtMs = options.clock.now();
    const { client, createTlsSocket } = createLibraryClient({
      service: options.service,
      domain: options.domain,
      tls: directTlsOptions(options.domain, options.tls),
    });
    this.#library = client;
    this.#createTlsSocket = createTlsSocket;
    client._onData = (data) => this.#onData(data);
    client._onElement = (element) => this.#onElement(element);
    client._streamError = async () => {};
    client.on('error', (error) => this.fail(streamFailure(error)));
    client.on('close', () => this.fail(new XmppFailure('closed', 'The server closed the stream')));
    client.on('disconnect', () => this.fail(new XmppFailure('closed', 'The connection was closed')));
  }

  /** Connects the socket and opens the stream; answers with the server's features (RFC 6120 4.3.2). */
  async open(): Promise<Element> {
    await this.#unlessFailed(this.#library.connect(this.#options.service));
    // Nagle's algorithm and the peer's delayed ACK together cost 40 ms per publish (fault 6).
    nodeSocket(this.#library.socket)?.setNoDelay(true);
    return await this.#features(this.#library.open({ domain: this.#options.domain, lang: 'en' }));
  }

  /** Opens a new stream over the same socket, as after TLS and SASL (RFC 6120 4.3.3). */
  async restart(): Promise<Element> {
    this.#declaration = '';
    return await this.#features(this.#library.restart());
  }

  /**
   * The library waits for the server's header only once its own is written, and misses it when it comes sooner: one login
   * in a hundred over TLS would hang. So its promise is only listened to for errors, and the features tell that all is well.
   */
  #features(opening: Promise<unknown>): Promise<Element> {
    opening.catch((error) => this.fail(failureFrom(error)));
    return this.next((element) => element.is('features', NS.streams));
  }

  /** Puts TLS under the stream after the server's `<proceed/>` (RFC 6120 5.4.3.3). */
  async upgrade(): Promise<void> {
    const raw = nodeSocket(this.#library.socket);
    if (!raw) throw new XmppFailure('closed', 'The connection was closed');
    this.#library._detachParser();
    this.#library._detachSocket();
    raw.on('error', (error) => this.fail(failureFrom(error)));
    this.#closeOverTls = () => raw.destroy();
    const secured = this.#createTlsSocket();
    const connected = new Promise<void>((resolve, reject) => {
      secured.once('connect', () => resolve());
      secured.once('error', (error) => reject(failureFrom(error)));
      secured.once('close', () =>
        reject(new XmppFailure('closed', 'The connection was closed during the TLS handshake')),
      );
    });
    secured.connect({ ...tlsOptions(this.#options.domain, this.#options.tls), socket: raw });
    await this.#unlessFailed(connected);
    this.#decoder = new StringDecoder('utf8');
    this.#library._attachSocket(secured);
  }

  isSecure(): boolean {
    return this.#library.isSecure();
  }

  /** The first element, past or future, that matches; all others keep their order and are delivered later. */
  async next(matches: (element: Element) => boolean): Promise<Element> {
    const index = this.#pending.findIndex(matches);
    const [found] = index < 0 ? [] : this.#pending.splice(index, 1);
    if (found) return found;
    const settled = deferred<Element>();
    this.#waiter = { matches, settled };
    return await this.#unlessFailed(settled.promise);
  }

  /** From now on every element goes to `deliver`, those first that came during negotiation. */
  deliverTo(deliver: (element: Element) => void): void {
    const waiting = this.#pending;
    this.#pending = [];
    this.#deliver = deliver;
    for (const element of waiting) deliver(element);
  }

  /** Writes an element; all that is sent in one turn goes out as one write. */
  send(element: Element): void {
    if (this.#failure) return;
    if (this.#unsent === '') process.nextTick(() => this.#flush());
    this.#unsent += element.toString();
  }

  /** Ends the stream politely (RFC 6120 4.4), and at once after a second without an answer. */
  async close(): Promise<void> {
    if (this.#failure) return;
    this.#flush();
    this.#library.write('</stream:stream>').catch(() => {});
    const cancel = this.#options.clock.after(CLOSE_LIMIT_MS, () => this.fail(stopped()));
    await this.closed;
    cancel();
  }

  /** Ends everything now, with that reason; the first reason stays. */
  fail(failure: XmppFailure): void {
    if (this.#failure) return;
    this.#failure = failure;
    const socket = nodeSocket(this.#library.socket);
    // Late errors of a socket that nobody needs any more must not become uncaught ones.
    socket?.on('error', () => {});
    socket?.destroy();
    this.#closeOverTls?.();
    // Lets the library's own waiting promises end, with their timers.
    this.#library.emit('error', failure);
    this.#end.resolve(failure);
  }

  #flush(): void {
    const text = this.#unsent;
    this.#unsent = '';
    if (text === '' || this.#failure) return;
    const unsentBytes = nodeSocket(this.#library.socket)?.writableLength ?? 0;
    if (unsentBytes > UNSENT_BYTES_MAX) {
      this.fail(new XmppFailure('timeout', `The server takes nothing: ${unsentBytes} bytes wait to be written`));
      return;
    }
    this.#library.write(text).catch((error) => this.fail(failureFrom(error)));
  }

  #onData(data: Buffer): void {
    this.lastReceivedAtMs = this.#options.clock.now();
    this.#bytesSinceElement += data.length;
    if (this.#bytesSinceElement > STANZA_BYTES_MAX) {
      this.fail(new XmppFailure('protocol', `The server sent a stanza of more than ${STANZA_BYTES_MAX} bytes`));
      return;
    }
    const text = this.#withoutDeclaration(this.#decoder.write(data));
    try {
      // No parser: the stream is over, and what still comes belongs to nobody (fault 5).
      if (text !== '') this.#library.parser?.write(text);
    } catch (error) {
      this.fail(new XmppFailure('protocol', `The server sent what is not XML: ${String(error)}`, error));
    }
  }

  /** Takes the XML declaration off: the library's parser misses its end when that is split over two reads. */
  #withoutDeclaration(text: string): string {
    if (this.#declaration === null) return text;
    const start = (this.#declaration + text).trimStart();
    const end = start.indexOf('?>');
    const isUndecided = start.length < 2 || (start.startsWith('<?') && end < 0);
    this.#declaration = isUndecided ? start : null;
    if (isUndecided) return '';
    return start.startsWith('<?') ? start.slice(end + 2) : start;
  }

  #onElement(element: Element): void {
    this.#bytesSinceElement = 0;
    if (element.is('error', NS.streams)) {
      this.fail(streamError(element));
      return;
    }
    this.onReceived(element);
    if (this.#deliver) this.#deliver(element);
    else this.#keep(element);
  }

  /** During negotiation: for who waits for it, or for later. */
  #keep(element: Element): void {
    if (this.#waiter?.matches(element)) {
      const { settled } = this.#waiter;
      this.#waiter = null;
      settled.resolve(element);
    } else if (this.#pending.length < PENDING_MAX) {
      this.#pending.push(element);
    } else {
      this.fail(new XmppFailure('protocol', 'The server sends stanzas without end before the session is up'));
    }
  }

  async #unlessFailed<T>(promise: Promise<T>): Promise<T> {
    const failed = this.closed.then((failure) => {
      throw failure;
    });
    try {
      return await Promise.race([promise, failed]);
    } catch (error) {
      const failure = this.#failure ?? failureFrom(error);
      this.fail(failure);
      throw failure;
    }
  }
}

/** The reason of an end that we wanted. */
export function stopped(): XmppFailure {
  return new XmppFailure('stopped', 'The connection was ended by us');
}

function streamFailure(error: unknown): XmppFailure {
  const isXml = error instanceof Error && error.name === 'XMLError';
  return isXml
    ? new XmppFailure('protocol', `The server sent what is not XML: ${error.message}`, error)
    : failureFrom(error);
}

/** A stream error is unrecoverable (RFC 6120 4.9.1.1); three of them need words of their own. */
function streamError(element: Element): XmppFailure {
  const condition = element
    .getChildElements()
    .find((child) => child.getNS() === NS.streamErrors && child.getName() !== 'text');
  const name = condition?.getName() ?? 'undefined-condition';
  const text = element.getChildText('text', NS.streamErrors);
  const words = text ? `${name} (${text})` : name;
  if (name === 'conflict')
    return new XmppFailure('conflict', `The same account and resource connected elsewhere: ${words}`);
  if (name === 'host-unknown')
    return new XmppFailure('host-unknown', `The server does not serve this domain: ${words}`);
  return new XmppFailure('stream-error', `The server ended the stream: ${words}`);
}
