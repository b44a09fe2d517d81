import type { ChannelId } from '../../src/core/ids.ts';
import type { MediaLine } from '../../src/ports/media-out.ts';
import type { Carrier } from './carrier.ts';

interface LaidLineOptions {
  readonly channelId: ChannelId;
  readonly from: number;
  /** Has Asterisk hang the media channel up; never rejects. */
  readonly hangUp: () => Promise<void>;
  readonly onLost: (reason: string) => void;
}

/** A line from its first request to its end: laying → laid → over, by `close`, by a loss, or because it could not be laid. */
export class LaidLine implements MediaLine {
  readonly channelId: ChannelId;
  readonly #options: LaidLineOptions;
  readonly #laying = new AbortController();
  #carrier: Carrier | null = null;
  #isLaid = false;
  #closing: Promise<number> | null = null;

  constructor(options: LaidLineOptions) {
    this.channelId = options.channelId;
    this.#options = options;
  }

  /** Aborted when laying it is given up. */
  get laying(): AbortSignal {
    return this.#laying.signal;
  }

  giveUp(reason: Error): void {
    this.#laying.abort(reason);
  }

  carriedBy(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  /** The first block goes out. */
  begin(): void {
    this.#laying.signal.throwIfAborted();
    this.#isLaid = true;
    this.#carrier?.start();
  }

  heardNow(): number {
    return this.#carrier?.heardNow() ?? this.#options.from;
  }

  refresh(): void {
    this.#carrier?.refresh();
  }

  /** One that is being laid has a time limit of its own. */
  doubt(): void {
    if (this.#isLaid) this.#carrier?.doubt();
  }

  /** What is below has ended by itself. */
  lost(reason: string): void {
    if (!this.#isLaid) {
      this.giveUp(new Error(reason));
      return;
    }
    if (this.#closing !== null) return;
    void this.close();
    this.#options.onLost(reason);
  }

  close(): Promise<number> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<number> {
    const end = this.#carrier?.stop() ?? this.#options.from;
    await this.#options.hangUp();
    this.#carrier?.end();
    return end;
  }
}
