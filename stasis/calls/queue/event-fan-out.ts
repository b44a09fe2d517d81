import type { Extension } from '../../../src/core/people.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { AnnouncedAttempt, AnnouncedCall, PublishOutcome } from '../../../src/ports/announcer.ts';
import type { MissOutcome } from '../../../src/ports/queue-store.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import type { Ring } from './distributor.ts';
import type { Place } from './queue-entrance.ts';

/** Tells everybody who wants to know what happens to one call in one queue. Nothing here waits but the publication before the ring. */
export class CallNews {
  readonly #room: CallRoom;
  readonly #call: AnnouncedCall;
  readonly #position: number;
  /** Who was told that the call is there, so that the same people hear that it is gone. */
  #told: readonly Extension[] = [];

  constructor(room: CallRoom, call: Call, settings: QueueSettings, place: Place) {
    this.#room = room;
    this.#position = place.position;
    this.#call = announcedCall(call, settings, place);
  }

  entered(): void {
    if (this.#room.settings.announce !== 'members') return;
    this.#told = this.#room.board.extensionsOf(this.#call.queue);
    this.#room.announcer.callEntered(this.#call, this.#position, this.#told);
  }

  gaveUp(waitMs: number): void {
    if (this.#told.length > 0) this.#room.announcer.callerGaveUp(this.#call, waitMs, this.#told);
  }

  /** The chosen member's chat message, and the item that CRM software sees before the phone rings. */
  ringing(ring: Ring): Promise<PublishOutcome> {
    const { announcer, settings } = this.#room;
    // The item goes first: the phone waits for it.
    const published = announcer.publishRinging(this.#live(ring), settings.publishWaitMs);
    if (settings.announce !== 'nobody') announcer.memberChosen(this.#call, ring.extension);
    return published;
  }

  /** A member has sent the call to somebody who is at their phone: the item goes with it. Nobody was chosen, so nobody is chatted with. */
  sentTo(ring: Ring): void {
    const { announcer, settings, log } = this.#room;
    announcer.publishRinging(this.#live(ring), settings.publishWaitMs).catch((error: unknown) => {
      log.warn({ err: error, extension: ring.extension.number }, 'The item did not go with the transferred call');
    });
  }

  connected(ring: Ring): void {
    this.#room.announcer.publishConnected(this.#live(ring));
  }

  /** To the member alone: that the call was missed, and that no more will come. Who is busy or rejects knows of the call. */
  missed(
    { extension }: Ring,
    { outcome, consequence }: { outcome: MissOutcome; consequence: MissConsequence | null },
  ): void {
    const { announcer, settings, clock } = this.#room;
    if (settings.announce === 'nobody') return;
    if (outcome === 'no-answer' || outcome === 'not-accepted') announcer.memberMissed(this.#call, extension);
    if (consequence === null) return;
    const { queue, queueTitle } = this.#call;
    announcer.memberPutAside({ queue, queueTitle, how: consequence, atMs: clock.now() }, extension);
  }

  /** The conversation is over, or the call moves on to the next member. */
  ended(ring: Ring): void {
    this.#room.announced.delete(ring.attemptId);
    this.#room.announcer.publishEnded(this.#attempt(ring));
  }

  /** An attempt whose item must stand on the node. */
  #live(ring: Ring): AnnouncedAttempt {
    const attempt = this.#attempt(ring);
    this.#room.announced.set(ring.attemptId, attempt);
    return attempt;
  }

  #attempt({ attemptId, extension }: Ring): AnnouncedAttempt {
    const changedAtMs = this.#room.clock.now();
    return { call: this.#call, attemptId, extension: extension.number, changedAtMs };
  }
}

/** A call in a queue as members and CRM software see it. */
export function announcedCall(call: Call, settings: QueueSettings, place: Place): AnnouncedCall {
  return {
    callId: call.callId,
    queue: settings.name,
    queueTitle: settings.title,
    caller: call.caller,
    customer: call.customer,
    enteredAtMs: place.joinedAtMs,
  };
}
