import type { XmppSettings } from '../xmpp/settings.ts';
import type { Config, Secrets } from './config/config.ts';

/** What the XMPP room needs, from the configuration and the environment; `null` when XMPP is not configured. */
export function xmppSettings({ xmpp }: Config, { xmppPassword }: Secrets): XmppSettings | null {
  const { connection, payload, subscribers, usePresence } = xmpp;
  if (connection === null) return null;
  const { service, jid, pubsub, caFile } = connection;
  const at = jid.indexOf('@');
  return {
    service,
    domain: jid.slice(at + 1),
    username: jid.slice(0, at),
    password: xmppPassword ?? '',
    pubsubService: pubsub,
    payload,
    subscribers,
    usePresence,
    ...(caFile === null ? {} : { caFile }),
  };
}
