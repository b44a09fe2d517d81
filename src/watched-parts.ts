import type { OpenDatabase } from '../db/open.ts';
import type { AriPbx } from '../stasis/ari/pbx.ts';
import type { XmppAnnouncer } from '../xmpp/announcer.ts';
import { systemClock } from './lib/clock.ts';
import { type PartProbe, PartWatch } from './part-watch.ts';

export interface WatchedParts {
  readonly pbx: AriPbx;
  readonly database: OpenDatabase;
  readonly announcer: XmppAnnouncer | null;
}

/** How it stands with each foreign power. */
export function watchParts({ pbx, database, announcer }: WatchedParts) {
  const xmpp = announcer && {
    probe: async () => ({ isUp: announcer.isConnected(), reason: 'no session', ...announcer.outage() }),
  };
  return {
    asterisk: new PartWatch(async () => ({ isUp: pbx.isConnected(), ...pbx.outage }), systemClock),
    database: new PartWatch(() => database.ping().then(() => standingOf(database)), systemClock),
    xmpp: new PartWatch(xmpp?.probe ?? null, systemClock),
  };
}

/** What is told of a database that answers. */
function standingOf(database: OpenDatabase): Awaited<ReturnType<PartProbe>> {
  const { isAway, ...away } = database.outage();
  // It answers and takes nothing: its disk is full, or it may only be read.
  if (isAway && database.pendingWrites() > 0) return { isUp: false, ...away };
  const { isAway: isSlow, reason, sinceMs } = database.speed();
  return { isUp: true, reason, ...(isSlow ? { isSlow, sinceMs } : {}) };
}
