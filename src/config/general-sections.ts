import { z } from 'zod';
import { CALLER_ID_PLACEHOLDERS, LOG_LEVELS, XMPP_ANNOUNCE, XMPP_PAYLOADS } from './config.ts';
import { shown } from './findings.ts';
import { address, bareJid, count, duration, flag, line, prompt, section, template } from './values.ts';

/** A language as Asterisk and the sounds' folders write it. */
export const language = () =>
  z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, {
    error: ({ input }) => `expected a language such as en or pt_BR, got ${shown(input)}`,
  });

export const limitsSection = section({
  calls: count(1, 100_000)
    .prefault(500)
    .describe(
      'Most calls in the application at once. A further caller hears `busy-prompt` and goes on in the dialplan.',
    ),
  'busy-prompt': prompt().prefault('queueapp/all_lines_busy').describe('Said to a caller who is one too many.'),
  drain: duration({ maxMs: 50_000 })
    .prefault('20s')
    .describe(
      'Longest time that a stop (SIGTERM) takes to hand calls back; less than `TimeoutStopSec` of the systemd unit.',
    ),
  'drain-time': duration({ maxMs: 24 * 3_600_000 })
    .prefault('30m')
    .describe(
      'Longest time that `queueapp drain` waits for conversations when no other process takes them over. What is not over then stays in Asterisk for the next start.',
    ),
}).transform((written) => ({
  calls: written.calls,
  busyPrompt: written['busy-prompt'],
  drainMs: written.drain,
  drainTimeMs: written['drain-time'],
}));

export const logSection = section({
  level: z
    .enum(LOG_LEVELS)
    .prefault('info')
    .describe('From which level on lines are written. `LOG_LEVEL` goes before it.'),
  'personal-data': flag()
    .prefault(false)
    .describe('Whether numbers, names, customers, digits and stanzas are written into the log.'),
}).transform((written) => ({ level: written.level, personalData: written['personal-data'] }));

export const asteriskSection = section(
  {
    url: address(['http', 'https'], 'set ARI_USERNAME and ARI_PASSWORD in the environment')
      .prefault('http://127.0.0.1:8088')
      .describe("Asterisk's REST interface, as http.conf serves it. `ARI_URL` goes before it.")
      .transform((url) => url.replace(/\/+$/, '').replace(/\/ari$/, '')),
    username: line(80).prefault('queueapp').describe('The user of ari.conf. `ARI_USERNAME` goes before it.'),
    application: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'the name of an application is made of letters, digits, - and _' })
      .prefault('queueapp')
      .describe('The name in the dialplan: `Stasis(queueapp)`. One running process has it; a second takes it over.'),
    'request-timeout': duration({ minMs: 100, maxMs: 60_000 })
      .prefault('5s')
      .describe('Longest wait for the answer to one request.'),
    'lost-after': duration({ minMs: 1000, maxMs: 3000 })
      .prefault('2.5s')
      .describe(
        'Without any sign of life from Asterisk for so long the connection counts as lost and is opened again.',
      ),
    'rtp-address': z
      .union([z.ipv4(), z.ipv6()], { error: ({ input }) => `expected an IP address, got ${shown(input)}` })
      .optional()
      .meta({ kind: 'IP address', fallback: 'the one from which Asterisk is reached' })
      .describe(
        'Address of this machine to which Asterisk sends RTP, for an Asterisk without chan_websocket that is behind NAT or in a container.',
      ),
  },
  { name: 'asterisk' },
).transform(
  ({ 'request-timeout': requestTimeoutMs, 'lost-after': silenceMs, 'rtp-address': rtpAddress, ...written }) => ({
    ...written,
    requestTimeoutMs,
    silenceMs,
    rtpAddress: rtpAddress ?? null,
  }),
);

const memberPrompts = section({
  wait: prompt().prefault('queueapp/wait_a_moment').describe('Said first, while it is done.'),
  'logged-in': prompt().prefault('queueapp/logon').describe('The extension is in the queue.'),
  'login-failed': prompt().prefault('queueapp/logon_failed').describe('The extension is unknown, or it did not work.'),
  'logged-out': prompt().prefault('queueapp/logoff').describe('The extension has left the queue.'),
  'logout-failed': prompt().prefault('queueapp/logoff_failed').describe('It was not in the queue, or it did not work.'),
  paused: prompt().prefault('queueapp/paused').describe('The member is paused.'),
  'pause-failed': prompt()
    .prefault('queueapp/pause_failed')
    .describe('The extension is not in the queue, or it did not work.'),
  unpaused: prompt().prefault('queueapp/unpaused').describe('The member gets calls again.'),
  'unpause-failed': prompt().prefault('queueapp/unpause_failed').describe('The same of the end of a pause.'),
}).transform((written) => ({
  wait: written.wait,
  loggedIn: written['logged-in'],
  loginFailed: written['login-failed'],
  loggedOut: written['logged-out'],
  logoutFailed: written['logout-failed'],
  paused: written.paused,
  pauseFailed: written['pause-failed'],
  unpaused: written.unpaused,
  unpauseFailed: written['unpause-failed'],
}));

const callerId = section({
  name: template(CALLER_ID_PLACEHOLDERS)
    .prefault('{queue}: {customer}')
    .describe(
      'The name on the phone. `{queue}` is the title, `{customer}`, `{id}`, `{code}` are the customer, `{caller}` and `{name}` what the caller sends.',
    ),
  number: template(CALLER_ID_PLACEHOLDERS)
    .prefault('{caller}')
    .describe('The number on the phone; the same placeholders.'),
});

export const membersSection = section({
  'caller-id': callerId.prefault({}).describe("What the member's phone shows while it rings."),
  prompts: memberPrompts.prefault({}).describe('What a member hears at login, logout, pause and its end.'),
}).transform((written) => ({
  callerId: written['caller-id'],
  prompts: written.prompts,
}));

/** What holds for all queues (queues.conf's [general]). */
export const queueingSection = section({
  'force-longest-waiting-caller': z
    .enum(['prio', 'yes'])
    .prefault('prio')
    .describe(
      'Who goes first for a member of several queues of equal weight: `prio` is the higher priority, then the longest waiting; `yes` the longest waiting alone (app_queue: `force_longest_waiting_caller`).',
    ),
  'shared-last-call': flag()
    .prefault(true)
    .describe(
      'A conversation counts for wrap-up and `leastrecent` in all queues of the member (app_queue: `shared_lastcall`).',
    ),
  'log-member-name-as-agent': flag()
    .prefault(false)
    .describe(
      "In `queue_log` ADDMEMBER and REMOVEMEMBER have the member's name instead of the interface (app_queue: `log_membername_as_agent`).",
    ),
  'log-caller-id-name': flag()
    .prefault(false)
    .describe("ENTERQUEUE has the caller's name behind the position (app_queue: `log-caller-id-name`)."),
  'log-restricted-caller-id': flag()
    .prefault(true)
    .describe(
      'ENTERQUEUE has the number also of callers who do not want it shown (app_queue: `log-restricted-caller-id`).',
    ),
}).transform((written) => ({
  forceLongestWaitingCaller: written['force-longest-waiting-caller'],
  sharedLastCall: written['shared-last-call'],
  logMemberNameAsAgent: written['log-member-name-as-agent'],
  logCallerIdName: written['log-caller-id-name'],
  logRestrictedCallerId: written['log-restricted-caller-id'],
}));

/** `xmpp://host:5222` (STARTTLS) or `xmpps://host:5223` (direct TLS). */
export function xmppService() {
  return address(['xmpp', 'xmpps'], 'set XMPP_JID and XMPP_PASSWORD in the environment').describe(
    'The XMPP server: `xmpp://HOST:5222` (STARTTLS) or `xmpps://HOST:5223` (TLS from the start); by default `xmpp://`, the domain of `jid` and 5222. `XMPP_SERVICE` goes before it.',
  );
}

/** A domain, or a bare JID for the account's own node store (PEP). */
export function pubsubAddress() {
  return z.string().regex(/^(?:[^\s@/"&'<>:]{1,255}@)?[A-Za-z0-9.-]{1,255}$/, {
    error: ({ input }) => `expected a pubsub service such as pubsub.example.org, got ${shown(input)}`,
  });
}

export const xmppSection = section(
  {
    service: xmppService().optional(),
    jid: bareJid().optional().describe("The application's own account. `XMPP_JID` goes before it."),
    pubsub: pubsubAddress()
      .optional()
      .describe('The pubsub service; by default `pubsub.` and the domain of `jid`. `XMPP_PUBSUB` goes before it.'),
    ca: line(4096)
      .optional()
      .describe(
        "File (PEM) with the authority of the server's certificate, when it is none that the system knows. `XMPP_CA` goes before it.",
      ),
    payload: z
      .enum(XMPP_PAYLOADS)
      .prefault('native')
      .describe(
        'What an item holds: `native` the documented `<call/>`, `legacy` the older `<test>ID|NAME</test>`, `hybrid` that text with `<call/>` in it.',
      ),
    announce: z
      .enum(XMPP_ANNOUNCE)
      .prefault('members')
      .describe('Who gets chat messages about calls: all `members` of the queue, the `chosen` one alone, or `nobody`.'),
    presence: flag()
      .prefault(true)
      .describe(
        "Whether members' presence is asked for: who is known to be offline gets no chat message. Unknown counts as there.",
      ),
    subscribers: z
      .array(bareJid())
      .max(1000)
      .prefault([])
      .describe(
        "Who may subscribe to every extension's node: CRM and helpdesk software. Further ones stand in the extension's row.",
      ),
    'publish-wait': duration({ maxMs: 10_000 })
      .prefault('300ms')
      .describe("How long the phone's ringing waits at most for the server to acknowledge the customer's data."),
  },
  { name: 'xmpp' },
).transform(({ payload, announce, subscribers, presence, ...written }) => ({
  connection: { service: written.service, jid: written.jid, pubsub: written.pubsub, caFile: written.ca },
  payload,
  announce,
  usePresence: presence,
  subscribers,
  publishWaitMs: written['publish-wait'],
}));

export const databaseSection = section(
  {
    pool: count(1, 200).prefault(10).describe('Most connections to the server.'),
    'connect-timeout': duration({ minMs: 100, maxMs: 60_000 })
      .prefault('3s')
      .describe('Longest silence of the server while a connection is made.'),
    'statement-timeout': duration({ minMs: 50, maxMs: 60_000 })
      .prefault('2s')
      .describe('Longest time of one statement.'),
    'away-limit': duration({ maxMs: 600_000 })
      .prefault('60s')
      .describe('How long a caller hears music while the database is away, before the dialplan goes on.'),
    'lease-time': duration({ minMs: 1000, maxMs: 60_000 })
      .prefault('3s')
      .describe(
        'Without a sign of life from the process that acts on a switch for so long, a standby takes over ([standby.md](standby.md)).',
      ),
    'data-folder': line(4096)
      .optional()
      .describe(
        "Where the application's own PostgreSQL keeps its data, when there is no `DATABASE_URL`. By default systemd's state folder, else /var/lib/queueapp for root and ~/.local/state/queueapp for others. `QUEUEAPP_DATA` goes before it.",
      ),
  },
  { name: 'database' },
).transform((written) => ({
  pool: written.pool,
  connectTimeoutMs: written['connect-timeout'],
  statementTimeoutMs: written['statement-timeout'],
  awayLimitMs: written['away-limit'],
  leaseMs: written['lease-time'],
  dataFolder: written['data-folder'] ?? null,
}));

const LISTEN = /^(?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})$/;

/** `127.0.0.1:8080`, `[::1]:8080`, or a port alone, which is loopback's. */
export const listenAddress = () =>
  z
    .union([z.string(), z.int()])
    .transform((written, context) => {
      const match = LISTEN.exec(String(written));
      const port = Number(match?.[2]);
      if (match !== null && port <= 65_535) return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
      context.addIssue({
        code: 'custom',
        message: `expected an address such as 127.0.0.1:8080, got ${shown(written)}`,
      });
      return z.NEVER;
    })
    .meta({ kind: 'address and port' });

export const httpSection = section(
  {
    listen: listenAddress()
      .prefault('127.0.0.1:8080')
      .describe('Where the API, `/healthz` and `/readyz` are served. `HTTP_LISTEN` goes before it.'),
  },
  { name: 'http' },
);
