import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** What a station does with a request: `path` is what was asked for, `number` counts requests from 1. */
export type Answer = (
  socket: Socket,
  request: { readonly path: string; readonly text: string; readonly number: number },
) => void;

/** A station on loopback that answers as a test says, byte by byte. */
export class FakeStation {
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(answer: Answer): Promise<FakeStation> {
    const station = new FakeStation(answer);
    station.#server.listen(0, '127.0.0.1');
    await once(station.#server, 'listening');
    return station;
  }

  private constructor(answer: Answer) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      let text = '';
      socket.on('data', (bytes) => {
        if (text.includes('\r\n\r\n')) return;
        text += bytes.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        const path = text.split(' ')[1] ?? '';
        this.requests.push(path);
        answer(socket, { path, text, number: this.requests.length });
      });
    });
  }

  /** Listeners that are connected now. */
  get listeners(): number {
    return this.#sockets.size;
  }

  address(path: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The station does not listen');
    return `http://127.0.0.1:${address.port}${path}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Puts a block of titles after every `interval` bytes, as Shoutcast does: the title is in the first, the others are empty. */
export function withTitle(sound: Buffer, interval: number, title: string): Buffer {
  const pieces: Buffer[] = [];
  for (let from = 0; from < sound.length; from += interval) {
    pieces.push(sound.subarray(from, from + interval));
    if (from + interval > sound.length) break;
    pieces.push(from === 0 ? titleBlock(title) : Buffer.alloc(1));
  }
  return Buffer.concat(pieces);
}

function titleBlock(title: string): Buffer {
  const text = Buffer.from(`StreamTitle='${title}';StreamUrl='';`, 'latin1');
  const length = Math.ceil(text.length / 16);
  const block = Buffer.alloc(1 + length * 16);
  block[0] = length;
  text.copy(block, 1);
  return block;
}
