/** Namespaces by the names that their specifications use. */
export const NS = {
  /** RFC 6120 4.8. */
  streams: 'http://etherx.jabber.org/streams',
  /** RFC 6120 4.9.2. */
  streamErrors: 'urn:ietf:params:xml:ns:xmpp-streams',
  /** RFC 6120 8.3.3. */
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  /** RFC 6120 5. */
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  /** RFC 6120 6. */
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  /** RFC 6120 7. */
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  /** XEP-0198. */
  sm: 'urn:xmpp:sm:3',
  /** XEP-0199. */
  ping: 'urn:xmpp:ping',
  /** RFC 6121 2. */
  roster: 'jabber:iq:roster',
  /** XEP-0030. */
  discoInfo: 'http://jabber.org/protocol/disco#info',
  discoItems: 'http://jabber.org/protocol/disco#items',
  /** XEP-0004. */
  data: 'jabber:x:data',
  /** XEP-0060. */
  pubsub: 'http://jabber.org/protocol/pubsub',
  pubsubOwner: 'http://jabber.org/protocol/pubsub#owner',
  pubsubNodeConfig: 'http://jabber.org/protocol/pubsub#node_config',
  /** XEP-0334. */
  hints: 'urn:xmpp:hints',
  /** XEP-0203. */
  delay: 'urn:xmpp:delay',
  /** Ours: contracts, "XMPP". */
  call: 'urn:queueapp:call:1',
  /** The older program's payload. */
  legacy: 'test',
} as const;
