import type { Announcer } from '../src/ports/announcer.ts';

/** The announcer when no XMPP is configured: it tells nobody, and every call goes on at once. */
export function createNullAnnouncer(): Announcer {
  return {
    memberLoggedIn: async () => {},
    memberLoggedOut: async () => {},
    callEntered: () => {},
    memberChosen: () => {},
    memberMissed: () => {},
    memberPutAside: () => {},
    callerGaveUp: () => {},
    publishRinging: async () => 'away',
    publishConnected: () => {},
    publishEnded: () => {},
    reconcile: async () => {},
    isConnected: () => false,
  };
}
