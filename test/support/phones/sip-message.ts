/** A SIP message that an endpoint sent or received (RFC 3261), and when. */
export interface SipMessage {
  /** Milliseconds of the wall clock. */
  readonly atMs: number;
  readonly direction: 'in' | 'out';
  /** `INVITE`, `BYE`, …; of a response, the method that it answers. */
  readonly method: string;
  /** Undefined for a request. */
  readonly status: number | undefined;
  /** The reason phrase of a response, or the request URI. */
  readonly subject: string;
  readonly callId: string;
  /** Header fields by lower-case name; of repeated ones, the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A number and a name as a phone shows them; empty where the header has none. */
export interface Party {
  readonly name: string;
  readonly number: string;
}

/** Reads a message's text; undefined when it is not SIP. */
export function parseSip(text: string, seen: { atMs: number; direction: 'in' | 'out' }): SipMessage | undefined {
  const [head = '', ...rest] = text.split(/\r?\n\r?\n/);
  const [startLine = '', ...lines] = head.split(/\r?\n/);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(startLine);
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(startLine);
  if (!(response || request)) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return {
    ...seen,
    method: request?.[1] ?? headers.get('cseq')?.split(/\s+/)[1] ?? '',
    status: response ? Number(response[1]) : undefined,
    subject: response?.[2] ?? request?.[2] ?? '',
    callId: headers.get('call-id') ?? '',
    headers,
    body: rest.join('\r\n\r\n'),
  };
}

/** Reads the name and number of a From, To or P-Asserted-Identity header. */
export function parseParty(header: string): Party {
  const quoted = /^\s*"((?:[^"\\]|\\.)*)"/.exec(header);
  const name = quoted ? (quoted[1] ?? '').replace(/\\(.)/g, '$1') : (/^\s*([^<"]*?)\s*</.exec(header)?.[1] ?? '');
  const user = /sips?:([^@;>]+)@/.exec(header)?.[1] ?? '';
  return { name, number: decodeURIComponent(user) };
}

/** What a called phone shows of the caller: P-Asserted-Identity when there is one (RFC 3325), else From. */
export function shownParty({ headers }: SipMessage): Party {
  return parseParty(headers.get('p-asserted-identity') ?? headers.get('from') ?? '');
}

/** One line for people: `+120 ms  <- 180 Ringing (INVITE)`. */
export function describeSip(message: SipMessage, sinceMs: number): string {
  const arrow = message.direction === 'in' ? '<-' : '->';
  const what =
    message.status === undefined
      ? `${message.method} ${message.subject}`
      : `${message.status} ${message.subject} (${message.method})`;
  return `${String(Math.round(message.atMs - sinceMs)).padStart(7)} ms  ${arrow} ${what}`;
}
