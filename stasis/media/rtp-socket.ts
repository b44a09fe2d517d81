import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { PacketSocket } from './rtp-line.ts';

/**
 * Packets that nobody took, after which nobody is taken to be there: a refused one counts, one that went out takes half of one back. The
 * kernel hears of a closed port one packet late and tells it at the next, so that every other packet seems to go out.
 */
const REFUSED_MAX = 5;
/** Packets that the kernel has not taken; further ones are left out, so that none comes late. */
const WAITING_MAX = 3;

/**
 * A caller's UDP socket. Connected to the one port of Asterisk that expects it, so that the kernel throws away what comes from elsewhere,
 * and tells when nobody listens there any more.
 */
export class RtpSocket implements PacketSocket {
  readonly #socket: Socket;
  #refused = 0;
  #isOver = false;
  #onLost: (reason: string) => void = () => undefined;
  readonly #sent = (error: Error | null) => {
    if (error === null) this.#refused = Math.max(0, this.#refused - 0.5);
    else this.#failed(error);
  };

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error) => this.#failed(error));
  }

  /** Binds a free port of an address of ours. */
  static async open(address: string): Promise<RtpSocket> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    try {
      await settled(socket, (done) => socket.bind(0, address, done));
      return new RtpSocket(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** As ARI's `external_host` wants it. */
  get place(): string {
    const { address, port } = this.#socket.address();
    return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  }

  async connect(address: string, port: number): Promise<void> {
    await settled(this.#socket, (done) => this.#socket.connect(port, address, done));
  }

  listen(onLost: (reason: string) => void): void {
    this.#onLost = onLost;
  }

  send(packet: Buffer): void {
    if (this.#isOver || this.#socket.getSendQueueCount() > WAITING_MAX) return;
    this.#socket.send(packet, this.#sent);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
  }

  #failed(error: Error): void {
    if (this.#isOver || ++this.#refused < REFUSED_MAX) return;
    this.end();
    this.#onLost(`Asterisk takes no RTP: ${error.message}`);
  }
}

/** The address of ours from which this machine reaches a host; nothing is sent. */
export async function addressTowards(host: string): Promise<string> {
  const { address, family } = await lookup(host.replace(/^\[|\]$/g, ''));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // Any port: it is the way there that counts.
    await settled(socket, (done) => socket.connect(9, address, done));
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** Waits for `done`, or for the socket's error. */
function settled(socket: Socket, begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    begin(() => {
      socket.off('error', reject);
      resolve();
    });
  });
}
