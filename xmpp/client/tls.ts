import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

/** What a connection may ask of TLS. */
export interface TlsSettings {
  /** Certificates (PEM) that are trusted in place of the system's. */
  readonly ca?: string;
  /** The name that the certificate must carry. @default the domain (RFC 6120 13.7.2.1) */
  readonly servername?: string;
  /** Whether a connection without encryption is refused. @default true, except on loopback */
  readonly requireTls?: boolean;
}

/** Options for node's TLS: the certificate is always verified, against the XMPP domain and not against the host connected to. */
export function tlsOptions(domain: string, { ca, servername = domain }: TlsSettings): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    host: servername,
    // SNI carries names only (RFC 6066 section 3); for an address, node compares the certificate with `host`.
    ...(isIP(servername) ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** Options for direct TLS (`xmpps:`), where `host` is where the socket goes and must stay the service's. */
export function directTlsOptions(domain: string, settings: TlsSettings): ConnectionOptions {
  const { host: _host, ...options } = tlsOptions(domain, settings);
  return options;
}

/** Whether a service URI leads to this machine, where a clear-text connection is let pass. */
export function isLoopback(service: string): boolean {
  const host = new URL(service).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
