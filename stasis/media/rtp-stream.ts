import { randomBytes } from 'node:crypto';

/** A header without contributing sources and extension (RFC 3550, 5.1). */
export const RTP_HEADER_BYTES = 12;
const VERSION_2 = 0x80;
const MARKER = 0x80;

/** The headers of one stream of RTP packets. Where its numbers begin nobody can guess (RFC 3550, 5.1). */
export class RtpStream {
  readonly #payloadType: number;
  readonly #source: number;
  #sequence: number;
  #timestamp: number;
  #isBeginning = true;

  constructor(payloadType: number, seed: Buffer = randomBytes(10)) {
    this.#payloadType = payloadType;
    this.#source = seed.readUInt32BE(0);
    this.#timestamp = seed.readUInt32BE(4);
    this.#sequence = seed.readUInt16BE(8);
  }

  /** Writes the header of the next packet, which carries so many samples. The marker tells the first one, and the first after a pause. */
  write(packet: Buffer, samples: number): void {
    packet[0] = VERSION_2;
    packet[1] = this.#payloadType | (this.#isBeginning ? MARKER : 0);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#timestamp, 4);
    packet.writeUInt32BE(this.#source, 8);
    this.#isBeginning = false;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#pass(samples);
  }

  /** Nothing was sent for as long as so many samples last. */
  pause(samples: number): void {
    this.#isBeginning = true;
    this.#pass(samples);
  }

  #pass(samples: number): void {
    this.#timestamp = (this.#timestamp + samples) >>> 0;
  }
}
