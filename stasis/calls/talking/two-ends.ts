import type { TransferTarget } from '../../../src/core/events.ts';
import type { ChannelId } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { ChannelSnapshot, PbxEvent } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { EventRouter } from '../event-router.ts';
import { StandStill } from '../hold/stand-still.ts';

/** Whose end of the conversation. */
export type End = 'caller' | 'member';

/** How an end was sent on. */
export type Transfer =
  | { readonly type: 'blind'; readonly extension: string; readonly context: string }
  | {
      readonly type: 'attended';
      readonly target: TransferTarget;
      /** Asterisk's name of the channel that is talked to now, when somebody has answered there. */
      readonly meets: string | null;
      /** What was dialled to ask there first. */
      readonly dialled: string;
    };

/** What happened to one end. */
export type EndsEvent =
  | { readonly type: 'left'; readonly end: End }
  /** The phone at this end has left and sent the other end on; `null`: only its stand-in is known (the call was picked up). */
  | {
      readonly type: 'transferred';
      readonly end: End;
      /** Who sat there before. Asterisk hangs up a phone that has transferred, not one whose call was picked up. */
      readonly replaced: ChannelId;
      readonly transfer: Transfer | null;
      readonly standIn: ChannelSnapshot;
    }
  /** Whoever stands in for this end has answered. */
  | { readonly type: 'answered'; readonly end: End };

/** The event that tells of a transfer follows its stand-in within milliseconds; if it is lost, this much later we go on. */
const TRANSFER_TOLD_MS = 2_000;

interface Seat {
  /** Who sat here at the beginning. */
  readonly firstId: ChannelId;
  channelId: ChannelId;
  /** Took the channel's place; what happened is not told yet. */
  standIn: ChannelSnapshot | null;
  /** Whose place it took. */
  replacedId: ChannelId;
  /** The transfer of this channel was told of before its stand-in came. */
  early: { readonly channelId: ChannelId; readonly transfer: Transfer | null } | null;
  hasLeft: boolean;
  readonly undo: (() => void)[];
  /** Events of the stand-in, told after the transfer. */
  readonly later: EndsEvent[];
}

/**
 * The two who talk in a call's bridge, and whoever takes the place of one of them: what happens is kept in order until somebody asks
 * (`next`). A place changes hands in these steps, the same on 16.28 and 22.10; a transfer that fails changes nothing:
 *
 *   stand-in enters Stasis ──> old channel leaves the bridge ──> stand-in enters it ──> Asterisk tells of the transfer
 *                                                                                  └──> the old channel leaves Stasis (either order)
 */
export class TwoEnds {
  readonly #router: EventRouter;
  readonly #clock: Clock;
  readonly #seats: Readonly<Record<End, Seat>>;
  readonly #events: EndsEvent[] = [];
  readonly #offHangup: () => void;
  #waiting: Deferred<EndsEvent> | null = null;

  constructor(deps: { readonly router: EventRouter; readonly clock: Clock }, call: Call, memberChannelId: ChannelId) {
    this.#router = deps.router;
    this.#clock = deps.clock;
    this.#seats = { caller: seat(call.channelId), member: seat(memberChannelId) };
    this.#listen('caller', call.channelId);
    this.#listen('member', memberChannelId);
    const onHangup = () => this.#left('caller', call.channelId);
    call.signal.addEventListener('abort', onHangup, { once: true });
    this.#offHangup = () => call.signal.removeEventListener('abort', onHangup);
    if (call.signal.aborted) onHangup();
  }

  /** Who is at this end now. */
  channelOf(end: End): ChannelId {
    return this.#seats[end].channelId;
  }

  /** What happened next. Rejects with StandStill when the process stops. */
  async next(stopping: AbortSignal): Promise<EndsEvent> {
    const known = this.#events.shift();
    if (known !== undefined) return known;
    const waiting = deferred<EndsEvent>();
    this.#waiting = waiting;
    const onStopping = () => waiting.reject(new StandStill());
    stopping.addEventListener('abort', onStopping, { once: true });
    if (stopping.aborted) onStopping();
    try {
      return await waiting.promise;
    } finally {
      this.#waiting = null;
      stopping.removeEventListener('abort', onStopping);
    }
  }

  close(): void {
    this.#offHangup();
    for (const { undo } of Object.values(this.#seats)) for (const each of undo.splice(0)) each();
  }

  #listen(end: End, channelId: ChannelId): void {
    this.#seats[end].undo.push(this.#router.onChannel(channelId, (event) => this.#onEvent(end, channelId, event)));
  }

  #onEvent(end: End, channelId: ChannelId, event: PbxEvent): void {
    const { firstId } = this.#seats[end];
    switch (event.type) {
      case 'stasis-start':
        if (event.replaces === channelId) this.#replace(end, channelId, event.channel);
        break;
      case 'blind-transfer':
        this.#transferred(end, channelId, { type: 'blind', extension: event.extension, context: event.context });
        break;
      case 'attended-transfer': {
        const { firstLeg, secondLeg, target, dialled } = event;
        const leg = firstLeg.channelId === channelId ? firstLeg : secondLeg;
        this.#transferred(end, channelId, { type: 'attended', target, meets: leg.meets, dialled });
        break;
      }
      case 'channel-state':
        if (event.state === 'Up' && channelId !== firstId) this.#tellOf(end, { type: 'answered', end });
        break;
      case 'bridge-left':
        // A caller who could only listen leaves the bridge to come in anew; of their end the call's signal tells.
        if (end === 'caller' && channelId === firstId) break;
        this.#left(end, channelId);
        break;
      case 'stasis-end':
      case 'channel-destroyed':
        this.#left(end, channelId);
        break;
    }
  }

  #replace(end: End, channelId: ChannelId, standIn: ChannelSnapshot): void {
    const place = this.#seats[end];
    if (place.channelId !== channelId || place.hasLeft) return;
    // Sent on twice before the first was told of.
    if (place.standIn !== null) this.#transferred(end, null, transferBy(place.standIn));
    place.replacedId = channelId;
    place.channelId = standIn.channelId;
    place.standIn = standIn;
    this.#listen(end, standIn.channelId);
    const tellSo = () => this.#transferred(end, null, transferBy(standIn));
    place.undo.push(this.#clock.after(TRANSFER_TOLD_MS, tellSo));
    if (place.early?.channelId === channelId) this.#transferred(end, channelId, place.early.transfer);
  }

  /** `from`: the channel that was replaced; `null`: nobody told of it. */
  #transferred(end: End, from: ChannelId | null, transfer: Transfer | null): void {
    const place = this.#seats[end];
    const { standIn } = place;
    if (from === place.channelId) place.early = { channelId: from, transfer };
    if (standIn === null || from === place.channelId) return;
    place.standIn = null;
    place.early = null;
    this.#tell({ type: 'transferred', end, replaced: place.replacedId, transfer, standIn });
    for (const event of place.later.splice(0)) this.#tell(event);
  }

  #left(end: End, channelId: ChannelId): void {
    const place = this.#seats[end];
    if (place.channelId !== channelId || place.hasLeft) return;
    place.hasLeft = true;
    this.#tellOf(end, { type: 'left', end });
  }

  #tellOf(end: End, event: EndsEvent): void {
    const place = this.#seats[end];
    if (place.standIn === null) this.#tell(event);
    else place.later.push(event);
  }

  #tell(event: EndsEvent): void {
    if (this.#waiting === null) this.#events.push(event);
    else this.#waiting.resolve(event);
    this.#waiting = null;
  }
}

/** What a stand-in tells of its transfer by itself: Asterisk makes `Local/2000@phones` for a blind one. */
export function transferBy({ name, dialplan }: ChannelSnapshot): Transfer | null {
  const { extension, context } = dialplan;
  return name.startsWith(`Local/${extension}@${context}-`) && !extension.startsWith('_')
    ? { type: 'blind', extension, context }
    : null;
}

function seat(channelId: ChannelId): Seat {
  return {
    firstId: channelId,
    channelId,
    replacedId: channelId,
    standIn: null,
    early: null,
    hasLeft: false,
    undo: [],
    later: [],
  };
}
