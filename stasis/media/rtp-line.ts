import { WIRE } from '../../src/core/programme/sound.ts';
import type { AudioProgramme } from '../../src/ports/media-out.ts';
import type { Carrier } from './carrier.ts';
import type { Pumped } from './pump.ts';
import { type RtpPayload, rtpPayload } from './rtp-payload.ts';
import { RTP_HEADER_BYTES, RtpStream } from './rtp-stream.ts';
import { FRAME_MS } from './settings.ts';
import type { LineRoom } from './websocket-line.ts';

/** Packets that are sent at once after a late wake-up, so that the caller misses nothing; after a longer sleep the programme goes on where it was. */
const BURST_FRAMES_MAX = 3;
/** A beat may come so much too early. */
const EARLY_MS = 5;

/** A caller's UDP socket, as far as a line needs it. */
export interface PacketSocket {
  /** Told once, when nobody listens at the other end; not after `end`. */
  listen(onLost: (reason: string) => void): void;
  /** The packet is the kernel's for a short while; whoever sends takes another one for the next. */
  send(packet: Buffer): void;
  /** Closes it, silently. Idempotent. */
  end(): void;
}

interface RtpLineOptions {
  readonly socket: PacketSocket;
  readonly programme: AudioProgramme;
  /** The sample with which to begin. */
  readonly from: number;
  readonly onLost: (reason: string) => void;
  /** Called once it is over, to let go of what watched it. */
  readonly onEnd: () => void;
}

/**
 * One caller's programme on its way as RTP. Asterisk passes a packet on as soon as it comes, so nothing can be sent ahead: a packet at
 * each beat of the pump, and what is heard is what was sent last. Until the programme starts, silence is sent: Asterisk 16 does what it is
 * asked about a channel when a packet comes, else every 200 ms.
 */
export class RtpLine implements Carrier, Pumped {
  readonly #room: LineRoom;
  readonly #socket: PacketSocket;
  readonly #programme: AudioProgramme;
  readonly #from: number;
  readonly #onLost: (reason: string) => void;
  readonly #onEnd: () => void;
  readonly #frameSamples: number;
  readonly #payload: RtpPayload;
  readonly #stream: RtpStream;
  /** Taken in turn: one that the kernel still has must not be written into. */
  readonly #packets: readonly { readonly whole: Buffer; readonly payload: Buffer }[];
  /** Packets, and those of them that carried the programme. */
  #packetCount = 0;
  #sent = 0;
  #isStarted = false;
  /** The first beat; `null` before it. */
  #beatMs: number | null = null;
  /** Beats since then that have been served. */
  #served = 0;
  #end: number | null = null;

  constructor(room: LineRoom, { socket, programme, from, onLost, onEnd }: RtpLineOptions) {
    const { rate } = WIRE[programme.format];
    this.#room = room;
    this.#socket = socket;
    this.#programme = programme;
    this.#from = from;
    this.#onLost = onLost;
    this.#onEnd = onEnd;
    this.#frameSamples = (rate * FRAME_MS) / 1000;
    this.#payload = rtpPayload(programme, room.block);
    this.#stream = new RtpStream(this.#payload.payloadType);
    this.#packets = Array.from({ length: BURST_FRAMES_MAX + 1 }, () => {
      const whole = Buffer.alloc(RTP_HEADER_BYTES + this.#payload.samples);
      return { whole, payload: whole.subarray(RTP_HEADER_BYTES) };
    });
    socket.listen((reason) => this.lost(reason));
    room.pump.add(this, 'each-beat');
  }

  start(): void {
    if (this.#end !== null) return;
    // Whatever changed before is rendered now for the first time.
    this.#programme.takeChangedFrom();
    this.#isStarted = true;
    this.#stream.pause(0);
  }

  heardNow(): number {
    return this.#end ?? this.#from + this.#sent * this.#frameSamples;
  }

  serve(nowMs: number): void {
    if (this.#end !== null) return;
    this.#beatMs ??= nowMs;
    const due = Math.floor((nowMs - this.#beatMs + EARLY_MS) / FRAME_MS) + 1 - this.#served;
    this.#served += Math.max(0, due);
    let count = due;
    if (due > BURST_FRAMES_MAX) {
      if (this.#isStarted) this.#room.counters.ranDry++;
      this.#stream.pause((due - 1) * this.#payload.samples);
      count = 1;
    }
    for (; count > 0 && this.#end === null; count--) this.#send();
  }

  clockWasSet(byMs: number): void {
    if (this.#beatMs !== null) this.#beatMs += byMs;
  }

  /** Nothing was sent ahead that could be taken back. */
  refresh(): void {
    this.#programme.takeChangedFrom();
  }

  /** Whether the channel is still there was asked by whoever watches it. */
  doubt(): void {}

  stop(): number {
    if (this.#end !== null) return this.#end;
    this.#end = this.heardNow();
    this.#room.pump.remove(this);
    return this.#end;
  }

  end(): void {
    this.#onEnd();
    this.#socket.end();
  }

  /** Nobody takes it any more. */
  lost(reason: string): void {
    if (this.#end !== null) return;
    this.stop();
    this.end();
    this.#onLost(reason);
  }

  #send(): void {
    const packet = this.#packets[this.#packetCount % this.#packets.length];
    if (packet === undefined) return;
    try {
      if (this.#isStarted) this.#payload.render(this.heardNow(), packet.payload);
      else packet.payload.fill(this.#payload.silence);
    } catch (error) {
      this.lost(`the programme could not be rendered: ${error instanceof Error ? error.message : 'unknown'}`);
      return;
    }
    this.#stream.write(packet.whole, this.#payload.samples);
    this.#socket.send(packet.whole);
    this.#packetCount++;
    if (this.#isStarted) this.#sent++;
  }
}
