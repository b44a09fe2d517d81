import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../../src/lib/clock.ts';

/** From the first packet to the last line of the head. */
export const HEAD_LIMIT_MS = 5000;
/** Longest head of an answer, bytes. */
const HEAD_BYTES_MAX = 16 * 1024;

export interface StreamHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface OpenStream {
  readonly head: StreamHead;
  readonly socket: StreamSocket;
}

/**
 * Asks for a stream over a socket of our own: Shoutcast answers `ICY 200 OK`, which Node's HTTP client refuses. HTTP/1.0, so that nobody
 * sends in chunks (RFC 9112, section 6.1). Rejects with a plain reason when there is no proper head within the time limit.
 */
export function openStream(url: URL, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const socket = connectTo(url);
    let received = Buffer.alloc(0);
    const settle = (outcome: Error | OpenStream) => {
      cancelLimit();
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      // Whatever happens to it later is told by 'close'; without a listener it would end the process.
      socket.on('error', () => {});
      if (!(outcome instanceof Error)) return resolve(outcome);
      socket.destroy();
      reject(outcome);
    };
    const onAbort = () => settle(new Error('was given up'));
    const cancelLimit = clock.after(HEAD_LIMIT_MS, () =>
      settle(new Error(`does not answer within ${HEAD_LIMIT_MS} ms`)),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => settle(new Error(`can't be reached (${error.message})`, { cause: error })));
    socket.on('close', () => settle(new Error('ended before it answered')));
    socket.on(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => socket.write(request(url)));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      const end = endOfHead(received);
      if (end === null && received.length > HEAD_BYTES_MAX) settle(new Error('answers with a head that has no end'));
      if (end === null) return;
      const head = parseHead(received.toString('latin1', 0, end));
      if (head === null) return settle(new Error('does not answer in HTTP'));
      socket.pause();
      const rest = received.subarray(end);
      settle({ head, socket: new StreamSocket(socket, rest) });
    });
    if (signal.aborted) onAbort();
  });
}

/** The body of an answer, which may never end. Stands still until it is listened to. */
export class StreamSocket {
  readonly #socket: Socket;
  readonly #first: Buffer;

  constructor(socket: Socket, first: Buffer) {
    this.#socket = socket;
    this.#first = first;
  }

  listen({ onBytes, onEnd }: { onBytes: (bytes: Uint8Array) => void; onEnd: (reason: string) => void }): void {
    let reason = 'the server ended it';
    this.#socket.on('data', onBytes);
    this.#socket.on('error', (error) => {
      reason = error.message;
    });
    this.#socket.on('close', () => onEnd(reason));
    if (this.#first.length > 0) onBytes(this.#first);
    if (this.#socket.destroyed) onEnd(reason);
    else this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }
}

function connectTo(url: URL): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  return isTls ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
}

// The parts of a URL are percent-encoded, so that none of them can end a line.
function request(url: URL): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.0`,
    `Host: ${url.host}`,
    'User-Agent: queueapp',
    'Accept: */*',
    'Icy-MetaData: 1',
    'Connection: close',
  ];
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    lines.push(`Authorization: Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function endOfHead(received: Buffer): number | null {
  const ends = ['\r\n\r\n', '\n\n'].map((mark) => ({ at: received.indexOf(mark), length: mark.length }));
  const first = ends.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
  return first === undefined ? null : first.at + first.length;
}

function parseHead(text: string): StreamHead | null {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const status = /^(?:HTTP\/1\.[01]|ICY) (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (name !== '') headers.set(name.toLowerCase(), value.trim());
  }
  return { status: Number(status), headers };
}
