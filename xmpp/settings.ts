import { readFile } from 'node:fs/promises';
import { AppError } from '../src/errors.ts';
import type { TlsSettings } from './client/tls.ts';
import type { PayloadKind } from './stanzas/call.ts';

/** What the XMPP room needs to know, already checked by the configuration. */
export interface XmppSettings {
  /** `xmpp://host:port` (STARTTLS) or `xmpps://host:port` (direct TLS). */
  readonly service: string;
  /** The domain of the application's account. */
  readonly domain: string;
  /** The local part of the application's account. */
  readonly username: string;
  readonly password: string;
  /** Fixed, so that members and a second process find it. @default 'queue' */
  readonly resource?: string;
  /** JID of the pubsub service; the account's own bare JID means its personal one (XEP-0163). */
  readonly pubsubService: string;
  /** @default 'native' */
  readonly payload?: PayloadKind;
  /** Bare JIDs that may subscribe to every extension's node. */
  readonly subscribers?: readonly string[];
  /** Certificates (PEM) trusted in place of the system's. */
  readonly ca?: string;
  /** File with such certificates; read at every start. */
  readonly caFile?: string;
  /** Whether a connection without encryption is refused. @default true, except on loopback */
  readonly requireTls?: boolean;
  /** The name that the certificate must carry. @default domain */
  readonly servername?: string;
  /** Whether members' presence is asked for, so that who is known to be offline gets no message. @default true */
  readonly usePresence?: boolean;
}

/** The resource when none is configured. */
export const RESOURCE_DEFAULT = 'queue';

/** What TLS is opened with; reads `caFile`. Throws CONFIG_INVALID when that can't be read. */
export async function readTlsSettings(settings: XmppSettings): Promise<TlsSettings> {
  const { ca, caFile, requireTls, servername } = settings;
  const authorities = ca ?? (caFile === undefined ? undefined : await readAuthorities(caFile));
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(servername === undefined ? {} : { servername }),
    ...(requireTls === undefined ? {} : { requireTls }),
  };
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `The certificate file ${file} can't be read`, { cause: error });
  }
}
