import type { Block } from '../library/decode/blocks.ts';

/** Where decoded sound and titles go. */
export interface DecoderOutput {
  block(block: Block): void;
  title(text: string): void;
  /** Sound decoded ahead, milliseconds: a decoder that works on its own account waits while it is too much. */
  aheadMs(): number;
  failed(reason: string): void;
}

/** Decodes a stream piece by piece. Damage is passed over; what can't be decoded at all gives nothing. */
export interface StreamDecoder {
  /** Resolves when the next piece can be taken. */
  decode(bytes: Uint8Array): Promise<void>;
  close(): void;
}
