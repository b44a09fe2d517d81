import type { ChannelId, ExtensionNumber } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';

/**
 * Addresses of the phones that are likely to be rung for one caller next. They are asked for while the database makes the reservation, which takes longer, and
 * are good for that one ring: where a phone is registered may have changed before another one.
 */
export class AskedContacts {
  readonly #pbx: Pick<Pbx, 'contacts'>;
  readonly #onChannelId: ChannelId;
  #asked = new Map<ExtensionNumber, Promise<readonly string[]>>();

  constructor(pbx: Pick<Pbx, 'contacts'>, onChannelId: ChannelId) {
    this.#pbx = pbx;
    this.#onChannelId = onChannelId;
  }

  /** Asks for those of these extensions; what was asked for before and not taken is forgotten. */
  ask(extensions: readonly Extension[]): void {
    this.#asked = new Map(
      extensions.map((each) => [each.number, this.#pbx.contacts(each.interface, this.#onChannelId)]),
    );
    // Whoever rings hears of it; nobody does when the reservation was refused.
    for (const asked of this.#asked.values()) asked.catch(() => undefined);
  }

  /** `undefined`: they were not asked for, or have been taken. */
  take({ number }: Extension): Promise<readonly string[]> | undefined {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    return asked;
  }
}
