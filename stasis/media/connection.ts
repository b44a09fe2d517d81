import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import { deferred } from '../../src/lib/deferred.ts';
import { type MediaEvent, parseMediaEvent } from './control-messages.ts';

/** Longest message of Asterisk that is read; control messages have some 300 bytes, a caller's voice before it is muted 640. */
const MESSAGE_BYTES_MAX = 16 * 1024;

/**
 * A key of zeros, which `ws` takes as leave not to mask. Masking guards caches and proxies on the way against scripts in browsers (RFC
 * 6455, 10.3); here both ends are ours, the bytes are our own audio, and to mask them would cost more than to render them.
 */
function leaveUnmasked(key: Buffer): void {
  key.fill(0);
}

/** Shared by all connections. */
const CLIENT_OPTIONS = {
  perMessageDeflate: false,
  generateMask: leaveUnmasked,
  maxPayload: MESSAGE_BYTES_MAX,
  skipUTF8Validation: true,
  followRedirects: false,
} as const;
const AUDIO = { binary: true, compress: false, fin: true, mask: true } as const;
const COMMAND = { binary: false, compress: false, fin: true, mask: true } as const;

/** Who hears what comes over a connection. */
export interface MediaListener {
  event(event: MediaEvent): void;
  /** A message with the caller's voice. */
  voice(): void;
  /** Once, unless `end` was called before. */
  ended(reason: string): void;
}

/** What Asterisk says when the connection is open. */
export interface MediaStart {
  readonly format: string;
  readonly frameBytes: number;
}

/** The WebSocket of one caller's media channel (chan_websocket): audio and commands to Asterisk, events from it. */
export class MediaConnection {
  readonly #socket: WebSocket;
  readonly #opened = deferred<MediaStart>();
  #below: Socket | null = null;
  #listener: MediaListener | null = null;
  #isOver = false;

  /** Connects to `ws://HOST/media/ID`, which needs no password: the id is the secret. */
  constructor(baseUrl: string, connectionId: string) {
    const url = `${baseUrl.replace(/^http/, 'ws')}/media/${encodeURIComponent(connectionId)}`;
    this.#opened.promise.catch(() => undefined);
    this.#socket = new WebSocket(url, 'media', CLIENT_OPTIONS);
    this.#socket.on('upgrade', (response: IncomingMessage) => {
      this.#below = response.socket;
      this.#below.setNoDelay(true);
    });
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    this.#socket.on('error', (error) => this.#ended(error.message));
    this.#socket.on('close', (code, reason) => this.#ended(`closed with ${code} ${reason}`.trimEnd()));
  }

  /** Settles with Asterisk's MEDIA_START; rejects with a plain error when the connection ends before. */
  get opened(): Promise<MediaStart> {
    return this.#opened.promise;
  }

  listen(listener: MediaListener): void {
    this.#listener = listener;
  }

  /** What the kernel has not taken yet: Asterisk does not read. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** What is sent until `release` goes out in one write, so that nothing comes between. */
  gather(): void {
    this.#below?.cork();
  }

  release(): void {
    this.#below?.uncork();
  }

  /** The buffer is Asterisk's until `waitingBytes` is 0. */
  sendAudio(block: Buffer): void {
    if (!this.#isOver) this.#socket.send(block, AUDIO);
  }

  sendCommand(command: Buffer | string): void {
    if (!this.#isOver) this.#socket.send(command, COMMAND);
  }

  /** Asks the other side for a sign of life (RFC 6455, 5.5.2); `onSign` is told when it comes. */
  ping(onSign: () => void): void {
    if (this.#isOver) return;
    this.#socket.once('pong', onSign);
    this.#socket.ping();
  }

  /** Ends it at once and silently. Idempotent. */
  end(reason = 'we ended it'): void {
    if (!this.#isOver) this.#opened.reject(new Error(reason));
    this.#isOver = true;
    this.#socket.terminate();
  }

  #ended(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#opened.reject(new Error(reason));
    this.#socket.terminate();
    this.#listener?.ended(reason);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#isOver) return;
    if (isBinary) {
      this.#listener?.voice();
      return;
    }
    const event = parseMediaEvent(data.toString('utf8'));
    if (event === undefined) return;
    if (event === 'absurd') this.#ended(`Asterisk said something absurd: ${data.toString('utf8', 0, 80)}`);
    else if (event.type === 'start') this.#opened.resolve(event);
    else this.#listener?.event(event);
  }
}
