import { encodeG711, type G711Law } from '../../src/core/programme/g711.ts';
import { WIRE, type WireFormat } from '../../src/core/programme/sound.ts';
import type { AudioProgramme } from '../../src/ports/media-out.ts';
import type { BlockBuffer } from './block-buffer.ts';
import { HalfBand } from './half-band.ts';
import { FRAME_MS } from './settings.ts';

/**
 * What Asterisk is sent for each format of a programme. Linear ones are sent as µ-law: Asterisk 16.28 ends after some twenty channels of
 * `slin`, and none understands what it calls `slin16` itself (README.md).
 */
export const RTP_FORMAT = { ulaw: 'ulaw', alaw: 'alaw', slin: 'ulaw', slin16: 'ulaw' } as const satisfies Record<
  WireFormat,
  G711Law
>;

/** Payload type (RFC 3551, table 4) and the byte of silence of each law. */
const LAWS = {
  ulaw: { payloadType: 0, silence: 0xff },
  alaw: { payloadType: 8, silence: 0xd5 },
} as const satisfies Record<G711Law, object>;

/** Samples, and bytes, of a packet: 20 ms at 8,000 samples a second. */
const SAMPLES = (WIRE.ulaw.rate * FRAME_MS) / 1000;

/** What is in a caller's packets. */
export interface RtpPayload {
  readonly payloadType: number;
  readonly silence: number;
  /** Samples of a packet, at the packet's own rate. */
  readonly samples: number;
  /** Fills a packet with the programme's next 20 ms, which begin with the sample `at`. */
  render(at: number, payload: Buffer): void;
}

/** The payload of one caller's packets, asked for in order. */
export function rtpPayload(programme: AudioProgramme, block: BlockBuffer): RtpPayload {
  const law = { ...LAWS[RTP_FORMAT[programme.format]], samples: SAMPLES };
  const { rate, bytesPerSample } = WIRE[programme.format];
  if (bytesPerSample === 1) return { ...law, render: (at, payload) => programme.render(at, SAMPLES, payload, 0) };
  const count = (rate * FRAME_MS) / 1000;
  const linear = new Int16Array(count);
  const halfBand = count === SAMPLES ? null : new HalfBand(count);
  return {
    ...law,
    render(at, payload) {
      const bytes = block.view(count * bytesPerSample);
      programme.render(at, count, bytes, 0);
      for (let index = 0; index < count; index++) linear[index] = bytes.readInt16LE(index * bytesPerSample);
      halfBand?.halve(linear, count, linear);
      encodeG711('ulaw', linear, 0, SAMPLES, payload, 0);
    },
  };
}
