import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';

/** Errors in a row after which nobody is taken to be at the other end; one alone may be an old packet's. */
const ERRORS_MAX = 3;
/** Packets that the kernel has not taken; further ones are left out, so that none comes late. */
const WAITING_MAX = 3;

/**
 * A caller's UDP socket. Connected to the one port of Asterisk that expects it, so that the kernel throws away what comes from elsewhere,
 * and tells when nobody listens there any more.
 */
export class RtpSocket {
  readonly #socket: Socket;
  #errors = 0;
  #isOver = false;
  #onLost: (reason: string) => void = () => undefined;
  readonly #sent = (error: Error | null) => {
    if (error === null) this.#errors = 0;
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

  /** Told once, when nobody listens at the other end; not after `end`. */
  listen(onLost: (reason: string) => void): void {
    this.#onLost = onLost;
  }

  /** The packet is the kernel's for a short while; whoever sends takes another one for the next. */
  send(packet: Buffer): void {
    if (this.#isOver || this.#socket.getSendQueueCount() > WAITING_MAX) return;
    this.#socket.send(packet, this.#sent);
  }

  /** Closes it, silently. Idempotent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close();
  }

  #failed(error: Error): void {
    if (this.#isOver || ++this.#errors < ERRORS_MAX) return;
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
