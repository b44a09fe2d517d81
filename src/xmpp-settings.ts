import { RESOURCE_DEFAULT, type XmppSettings } from '../xmpp/settings.ts';
import type { Config, Secrets } from './config/config.ts';
import type { SwitchName } from './core/ids.ts';

/**
 * What the XMPP room needs, from the configuration and the environment; `null` when XMPP is not configured. Processes of several switches
 * have the same account: each needs a resource of its own.
 */
export function xmppSettings(
  { xmpp, switches }: Config,
  { xmppPassword }: Secrets,
  switchName?: SwitchName,
): XmppSettings | null {
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
    ...(switches.length < 2 || switchName === undefined ? {} : { resource: `${RESOURCE_DEFAULT}-${switchName}` }),
    ...(caFile === null ? {} : { caFile }),
  };
}
