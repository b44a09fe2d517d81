import { Tap } from './tap.ts';

/** What a client has asked: an HTTP request, or a text frame of a WebSocket (RFC 6455), which is a REST request over it. */
export interface AskedOnce {
  readonly atMs: number;
  readonly way: 'http' | 'socket';
  readonly text: string;
}

/** Stands between one process and Asterisk's HTTP port, passes everything on, and keeps what the process asks for. Media and pings are left out. */
export class AriTap {
  readonly asked: AskedOnce[];
  readonly #tap: Tap;

  private constructor(asked: AskedOnce[], tap: Tap) {
    this.asked = asked;
    this.#tap = tap;
  }

  static async start(url: string): Promise<AriTap> {
    const asked: AskedOnce[] = [];
    const tap = await Tap.start(url, () => {
      const reader = new ClientReader((way, text) => asked.push({ atMs: Date.now(), way, text }));
      return (bytes) => reader.read(bytes);
    });
    return new AriTap(asked, tap);
  }

  get url(): string {
    return `http://${this.#tap.host}`;
  }

  close(): Promise<void> {
    return this.#tap.close();
  }
}

/** Reads one connection's bytes from the client: HTTP requests, and after an upgrade frames. */
class ClientReader {
  readonly #tell: (way: AskedOnce['way'], text: string) => void;
  #isUpgraded = false;
  #unread: Buffer = Buffer.alloc(0);

  constructor(tell: (way: AskedOnce['way'], text: string) => void) {
    this.#tell = tell;
  }

  read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (!this.#isUpgraded) this.#readHeads();
    if (this.#isUpgraded) this.#readFrames();
  }

  #readHeads(): void {
    for (let end = this.#unread.indexOf('\r\n\r\n'); end >= 0; end = this.#unread.indexOf('\r\n\r\n')) {
      const head = this.#unread.subarray(0, end).toString('latin1');
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      this.#unread = this.#unread.subarray(end + 4 + length);
      this.#tell('http', head.split('\r\n', 1)[0] ?? '');
      this.#isUpgraded = /^upgrade: websocket/im.test(head);
      if (this.#isUpgraded) return;
    }
  }

  #readFrames(): void {
    for (let frame = firstFrame(this.#unread); frame !== null; frame = firstFrame(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.bytes);
      // Media speak in JSON, too; only REST requests of the event socket are asked for here.
      if (frame.text.includes('RESTRequest')) this.#tell('socket', frame.text);
    }
  }
}

/** The frame that begins here, masked as a client's always is; `null` while it is not whole. Of a binary one the text is empty. */
function firstFrame(bytes: Buffer): { readonly text: string; readonly bytes: number } | null {
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start + 4) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = start + 4 + length;
  if (bytes.length < end) return null;
  const mask = bytes.subarray(start, start + 4);
  const unmasked = bytes.subarray(start + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { text: (first & 0x0f) === 1 ? Buffer.from(unmasked).toString('utf8') : '', bytes: end };
}
