import type { Clock } from '../../src/lib/clock.ts';
import { XmppFailure } from './failure.ts';
import type { IqResult } from './iq.ts';
import { type Element, xml } from './library.ts';
import { NS } from './namespaces.ts';
import type { XmppStream } from './stream.ts';
import type { StreamManagement } from './stream-management.ts';

const TICK_MS = 2_000;
/** After so long without a byte the server is asked for a sign of life. */
const QUIET_MS = 10_000;
/** How long it may take to give one. */
const ANSWER_LIMIT_MS = 10_000;
/** A dead peer is found within this time; with stanzas under way within `TICK_MS + ANSWER_LIMIT_MS + TICK_MS`. */
export const DEAD_PEER_MS = QUIET_MS + ANSWER_LIMIT_MS + 2 * TICK_MS;

export interface LivenessOptions {
  readonly clock: Clock;
  readonly stream: XmppStream;
  readonly session: StreamManagement;
  /** Sends a ping (XEP-0199) to the server, for streams without stream management. */
  readonly ping: (ping: Element) => Promise<IqResult>;
}

export interface Liveness {
  /** Asks for an acknowledgement now. */
  ask(): void;
  end(): void;
}

/** Watches one stream: asks for `<a/>` (or pings) when it is quiet or stanzas are unacknowledged, and ends it when nothing comes. */
export function watchLiveness({ clock, stream, session, ping }: LivenessOptions): Liveness {
  let askedAtMs: number | null = null;
  let cancel = () => {};

  const ask = () => {
    askedAtMs ??= clock.now();
    // The ping's outcome does not matter: any byte that comes is the sign of life.
    if (session.isEnabled) stream.send(session.request());
    else ping(xml('ping', { xmlns: NS.ping })).catch(() => {});
  };
  const tick = () => {
    const now = clock.now();
    if (askedAtMs !== null && stream.lastReceivedAtMs >= askedAtMs) askedAtMs = null;
    if (askedAtMs !== null && now - askedAtMs >= ANSWER_LIMIT_MS) {
      return stream.fail(
        new XmppFailure('timeout', `The server gave no sign of life for ${now - stream.lastReceivedAtMs} ms`),
      );
    }
    const isDue = session.unackedCount > 0 || now - stream.lastReceivedAtMs >= QUIET_MS;
    if (isDue && askedAtMs === null) ask();
    cancel = clock.after(TICK_MS, tick);
  };
  cancel = clock.after(TICK_MS, tick);
  return { ask, end: () => cancel() };
}
