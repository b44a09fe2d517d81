import type { Advice, TimeOfDay } from './advice.ts';
import type { AnnouncementTiming, AnnouncementVoice } from './announcement.ts';
import type { AnnouncementSettings } from './announcement-settings.ts';
import type { Bed } from './bed.ts';
import type { Order } from './order.ts';
import type { Periodic } from './periodic.ts';
import type { Position } from './position.ts';
import type { ProgrammeSettings } from './settings.ts';
import type { Shelf, Sound, WireFormat } from './sound.ts';
import type { Timeline } from './timeline.ts';
import type { Timing } from './timing.ts';

/** What a programme is given once and does not change. */
export interface Scene {
  readonly settings: ProgrammeSettings;
  readonly format: WireFormat;
  readonly timing: Timing;
  readonly shelf: Shelf;
  readonly order: Order;
  /** The caller's own chance: whole, 0 to 2³²−1. */
  readonly seed: number;
  /** The recordings that say a place in line, in the caller's language; asked when the saying begins. */
  readonly sayPosition: (place: number) => readonly Sound[];
  readonly announcements: Announcements;
}

/** What the queue announces, and how it is said. */
export interface Announcements {
  readonly settings: AnnouncementSettings;
  readonly timing: AnnouncementTiming;
  readonly say: AnnouncementVoice<Sound>;
}

/** What a caller is told, by importance. */
export type Telling =
  | { readonly kind: 'position'; readonly place: number; readonly sounds: readonly Sound[] }
  | { readonly kind: 'hold-time' | 'thanks'; readonly sounds: readonly Sound[] }
  | { readonly kind: 'accounts'; readonly sounds: readonly Sound[] }
  | { readonly kind: 'periodic'; readonly sounds: readonly Sound[] }
  | { readonly kind: 'advice'; readonly key: string; readonly sounds: readonly Sound[] };

/*
 *          something is due            the music is down                 its end
 *   quiet ──────────────────► lowering ──────────────────► telling ──────────────────► quiet      the music comes back
 *     ▲                          │ nothing is left   ▲                    │
 *     │◄─────────────────────────┘                   └────────────────────┘ something else is due: the music stays down
 *     └── cut, pause: from anywhere
 */
export type Speech =
  /** Nothing is said, and nothing begins before `notBefore`. */
  | { readonly name: 'quiet'; readonly notBefore: number }
  /** The music goes down or is down; at `until` the most important thing that is due then is said. */
  | { readonly name: 'lowering'; readonly until: number }
  | { readonly name: 'telling'; readonly telling: Telling; readonly until: number };

/** The last use of each key; −Infinity: none yet. */
export interface KeyUses {
  readonly nextTune: number;
  readonly accounts: number;
  readonly position: number;
}

/** A programme between two decisions: a value. The timeline holds what is heard until the next one. */
export interface State {
  /** The sample at which it came to be. */
  readonly at: number;
  readonly timeline: Timeline;
  readonly bed: Bed;
  readonly speech: Speech;
  readonly position: Position;
  /** What is still to be said of the announcement that has begun. */
  readonly announcement: readonly Telling[];
  readonly periodic: Periodic;
  /** Personal information that waits to be said. */
  readonly accounts: readonly Sound[] | null;
  readonly advice: Advice;
  readonly keys: KeyUses;
  /** A member has been found: nothing is said. */
  readonly isCut: boolean;
  /** The time of day at a sample. */
  readonly clock: { readonly at: number; readonly timeOfDay: TimeOfDay };
}
