import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { DialplanTarget } from '../../../src/ports/pbx.ts';
import type { Call, CallPhase } from '../call.ts';
import type { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import type { HoldSound } from '../hold/hold-sound.ts';
import type { Ring } from './distributor.ts';
import type { CallNews } from './event-fan-out.ts';
import type { PlaceInLine } from './place-in-line.ts';
import type { Place } from './queue-entrance.ts';

/** One caller's time in one queue. */
export interface Visit {
  readonly room: CallRoom;
  readonly call: Call;
  readonly settings: QueueSettings;
  readonly place: Place;
  readonly bridge: CallBridge;
  readonly hold: HoldSound;
  readonly news: CallNews;
}

/** A visit while it waits and rings, as its parts hand it on. */
export interface Stay extends Visit {
  readonly line: PlaceInLine;
  /** The key with which the caller has asked to leave, or the extension that was typed. */
  exit?: { readonly key: string } | { readonly extension: DialplanTarget };
  /** Somebody else takes the caller out of the queue, with these words. */
  withdrawal?: string;
}

/** What became of an offer. */
export type MemberOutcome =
  | { readonly type: 'missed' }
  | {
      readonly type: 'talked';
      readonly connectedAtMs: number;
      /** The member has sent the caller on: settles when that conversation is over, too. Rejects with StandStill. */
      readonly afterwards: Promise<void>;
    };

/** Tells where the call stands. */
export function enterPhase(visit: Visit, name: CallPhase['name'], rings: readonly Ring[] = []): void {
  const { room, call, settings, place } = visit;
  const extensions = rings.map(({ extension }) => extension.number);
  call.phase = { name, queue: settings.name, entryId: place.entryId, extensions, sinceMs: room.clock.now() };
}
