import type { BackoffOptions } from '../../src/lib/backoff.ts';

/** How to reach Asterisk, and the limits of what is asked of it. */
export interface AriSettings {
  /** `http://127.0.0.1:8088` or `https://…`; a trailing `/ari` is allowed. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** The name in `Stasis(NAME)`. */
  readonly application: string;
}

/** Limits with their reasons. Tests shorten the times. */
export interface AriLimits {
  /** For one request; Asterisk answers in about 1 ms, so that more means that it is in trouble. @default 5000 */
  readonly requestTimeoutMs: number;
  /** Requests that wait for their response at a time; more are refused at once. @default 2000 */
  readonly pendingRequestsMax: number;
  /** Between two pings of the socket. @default 1000 */
  readonly pingIntervalMs: number;
  /** Without any sign of life from Asterisk for this long the connection counts as lost (asterisk-facts: at most 3 s). @default 2500 */
  readonly silenceMs: number;
  /** For opening the socket and restoring subscriptions. @default 10000 */
  readonly connectTimeoutMs: number;
  /** For the answer to the probe of REST over WebSocket; an old Asterisk never answers it. At 0 requests go over HTTP unasked. @default 1500 */
  readonly probeTimeoutMs: number;
  /** Events kept back until subscriptions are restored; at the limit the attempt fails and the next one starts. @default 10000 */
  readonly heldEventsMax: number;
  /** Between attempts to connect. @default from 100 ms to 5 s */
  readonly backoff: BackoffOptions;
}

export const ARI_LIMITS: AriLimits = {
  requestTimeoutMs: 5000,
  pendingRequestsMax: 2000,
  pingIntervalMs: 1000,
  silenceMs: 2500,
  connectTimeoutMs: 10_000,
  probeTimeoutMs: 1500,
  heldEventsMax: 10_000,
  backoff: { firstMs: 100, maxMs: 5000 },
};

/** The address without `/ari` and trailing slashes: ari-client adds the path itself. */
export function baseUrl(url: string): string {
  return url
    .replace(/\/+$/, '')
    .replace(/\/ari$/, '')
    .replace(/\/+$/, '');
}
