import { AppError } from '../../src/errors.ts';

/** Why a connection could not be made or did not last. */
export type FailureKind =
  /** The host name has no address. */
  | 'unresolved'
  /** Nothing listens at host and port. */
  | 'connection-refused'
  /** The network does not lead there. */
  | 'unreachable'
  /** No answer within a stated time. */
  | 'timeout'
  /** The certificate is not trusted, or is another host's. */
  | 'tls-untrusted'
  /** The server offers no encryption, and it is required. */
  | 'tls-required'
  /** User name or password is wrong, or the account is disabled. */
  | 'credentials'
  /** The server could not prove that it knows the password (RFC 5802 section 3). */
  | 'server-not-authentic'
  /** The same resource is connected elsewhere (RFC 6120 4.9.3.3). */
  | 'conflict'
  /** The server does not serve this domain (RFC 6120 4.9.3.6). */
  | 'host-unknown'
  /** The server closed the stream with another error. */
  | 'stream-error'
  /** What came is not XMPP as the RFCs have it. */
  | 'protocol'
  /** The socket closed. */
  | 'closed'
  /** We ended it. */
  | 'stopped';

const REFUSALS: ReadonlySet<FailureKind> = new Set([
  'tls-untrusted',
  'tls-required',
  'credentials',
  'server-not-authentic',
  'conflict',
  'host-unknown',
]);

/** An expected failure of the connection; `kind` decides how soon it is tried again. */
export class XmppFailure extends AppError {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(REFUSALS.has(kind) ? 'XMPP_REFUSED' : 'XMPP_UNAVAILABLE', message, {
      details: { kind },
      ...(cause === undefined ? {} : { cause }),
    });
    this.kind = kind;
  }
}

/** Whether waiting alone won't mend it: somebody has to change a setting. */
export function isRefusal(kind: FailureKind): boolean {
  return REFUSALS.has(kind);
}

const SOCKET_KINDS: Readonly<Record<string, FailureKind>> = {
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
  EAI_NODATA: 'unresolved',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
};

/** Names the kind of what a socket or TLS threw. */
export function failureFrom(error: unknown): XmppFailure {
  if (error instanceof XmppFailure) return error;
  // Node tries every address of a name; when all fail the reasons are inside (AggregateError), the first one tells enough.
  const first = firstOf(error);
  const code = textOf(first, 'code');
  const message = textOf(first, 'message') || String(first);
  const socketKind = SOCKET_KINDS[code];
  if (socketKind) return new XmppFailure(socketKind, message, error);
  if (isTlsCode(code)) return new XmppFailure('tls-untrusted', message, error);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return new XmppFailure('protocol', message, error);
  return new XmppFailure('closed', message, error);
}

function firstOf(error: unknown): unknown {
  return isObject(error) && Array.isArray(error['errors']) ? (error['errors'][0] ?? error) : error;
}

/** By its shape and not by `instanceof`: errors of another realm are errors, too. */
function textOf(error: unknown, field: 'code' | 'message'): string {
  const value = isObject(error) ? error[field] : undefined;
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** OpenSSL's names for a certificate that does not verify, as node passes them on. */
function isTlsCode(code: string): boolean {
  return (
    /CERT|SELF_SIGNED|UNRECOGNIZED_NAME|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT/.test(code) ||
    code === 'HOSTNAME_MISMATCH' ||
    code === 'INVALID_CA'
  );
}
