import { type Element, xml } from '../client/library.ts';
import { NS } from '../client/namespaces.ts';

/** RFC 6121 4.2: available, so that members see the account and the server sends us theirs. */
export function availablePresence(): Element {
  return xml('presence', {}, xml('priority', {}, '10'));
}

export type SubscriptionStanza = 'subscribe' | 'subscribed' | 'unsubscribed';

/** RFC 6121 section 3: asking for somebody's presence, and answering who asks for ours. */
export function subscriptionPresence(to: string, type: SubscriptionStanza): Element {
  return xml('presence', { to, type });
}

/** RFC 6121 2.1.3. */
export function rosterRequest(): Element {
  return xml('query', { xmlns: NS.roster });
}

/** Bare JIDs whose presence the server sends us, or has been asked for (RFC 6121 2.1.2). */
export function readRoster(result: Element): { readonly seen: readonly string[]; readonly asked: readonly string[] } {
  const items = result.getChild('query', NS.roster)?.getChildren('item') ?? [];
  const jidsOf = (kept: Element[]) => kept.map((item) => item.attrs['jid']).filter((jid) => jid !== undefined);
  return {
    seen: jidsOf(items.filter((item) => /^(to|both)$/.test(item.attrs['subscription'] ?? ''))),
    asked: jidsOf(items.filter((item) => item.attrs['ask'] === 'subscribe')),
  };
}
