import type { QueueName, SwitchName } from '../core/ids.ts';
import type { IvrDefinition } from '../core/ivr/flow-definition.ts';
import type { ProgrammeOverrides } from '../core/programme/settings.ts';
import type { WireFormat } from '../core/programme/sound.ts';
import type { QueueSettings } from '../core/queue/settings.ts';
import type { Currency } from '../core/speech/account.ts';

/** Everything that the file and the environment say, checked and frozen; passwords and tokens are in {@link Secrets}. */
export interface Config {
  /** The file it was read from, as messages name it. */
  readonly file: string;
  /** Language of prompts where the channel has none, for example `en`. */
  readonly language: string;
  readonly limits: LimitSettings;
  readonly log: { readonly level: LogLevel; readonly personalData: boolean };
  readonly asterisk: AsteriskSettings;
  /** All switches of the queue, at least one. */
  readonly switches: readonly SwitchSettings[];
  /** So long somebody may take over the calls of a switch on which nobody acts; then the others close them. */
  readonly switchesCloseAfterMs: number;
  /** The one that this process serves (`--switch`); `null`: the first whose lease can be had. */
  readonly ownSwitch: SwitchName | null;
  readonly members: MemberSettings;
  readonly xmpp: XmppSettings;
  readonly database: DatabaseSettings;
  readonly http: { readonly listen: ListenAddress };
  readonly keep: KeepSettings;
  readonly lookups: Readonly<Record<string, LookupSettings>>;
  /** Sources of personal information, by name. */
  readonly accounts: Readonly<Record<string, AccountSourceSettings>>;
  readonly sounds: SoundSettings;
  /** Music classes of ours; a queue whose class is none of them hears Asterisk's own music. */
  readonly musicClasses: readonly MusicClassSettings[];
  /** Strategies of the user's own: absolute files of their modules, by name. */
  readonly strategies: Readonly<Record<string, string>>;
  readonly queueing: QueueingSettings;
  readonly queueLog: QueueLogSettings;
  readonly queues: readonly QueueSettings[];
  /** Where `Stasis(queueapp,ID|NAME)` leads. */
  readonly defaultQueue: QueueName;
  /** Asked with CUSTOMER_CODE when the dialplan sends a call straight into a queue; `null`: the variable is not read. */
  readonly customerCodeLookup: string | null;
  readonly ivr: IvrDefinition;
}

/** What must not be written into a file: from the environment only. `null` is "not set". */
export interface Secrets {
  /** Passwords of the ARI users, by switch. */
  readonly switchPasswords: Readonly<Record<string, string>>;
  readonly xmppPassword: string | null;
  readonly databaseUrl: string | null;
  readonly apiToken: string | null;
  /** Values of the lookups' HTTP headers that are taken from the environment, by lookup and header. */
  readonly lookupHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The same of the account sources. */
  readonly accountHeaders: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Levels of the log, most talkative first; pino's. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Limits of the whole application. */
export interface LimitSettings {
  /** Most calls at once; a further caller hears `busyPrompt` and goes on in the dialplan. */
  readonly calls: number;
  readonly busyPrompt: readonly string[];
  /** Longest time that a stop (SIGTERM) waits for calls to be handed back. */
  readonly drainMs: number;
  /** Longest time that a drain waits for conversations without another process. */
  readonly drainTimeMs: number;
}

export interface AsteriskSettings {
  /** Base of the REST interface, for example `http://127.0.0.1:8088`, without a trailing slash. */
  readonly url: string;
  readonly username: string;
  /** The name in `Stasis(NAME)`. */
  readonly application: string;
  /** Longest wait for the answer to one request. */
  readonly requestTimeoutMs: number;
  /** Without any sign of life for so long the connection counts as lost. */
  readonly silenceMs: number;
  /** Address of ours to which Asterisk can send RTP; `null`: the one from which it is reached. */
  readonly rtpAddress: string | null;
}

/** One Asterisk of several. */
export interface SwitchSettings {
  readonly name: SwitchName;
  /** As {@link AsteriskSettings.url}. */
  readonly url: string;
  readonly username: string;
  /** `HOST:PORT` to which other switches send calls for members who are registered here; `null`: they can't. */
  readonly sip: string | null;
}

/** What holds for all queues (queues.conf's [general]). */
export interface QueueingSettings {
  /** Between queues of equal weight the longest waiting caller goes first: with `prio` after the higher priority. */
  readonly forceLongestWaitingCaller: 'prio' | 'yes';
  /** A call of one queue counts in all: leastrecent and wrap-up look at the last of any (app_queue `shared_lastcall`). */
  readonly sharedLastCall: boolean;
  /** ADDMEMBER and REMOVEMEMBER have the member's name instead of the interface (app_queue `log_membername_as_agent`). */
  readonly logMemberNameAsAgent: boolean;
  /** ENTERQUEUE has the caller's name (app_queue `log-caller-id-name`). */
  readonly logCallerIdName: boolean;
  /** ENTERQUEUE has numbers and names, too, that the caller withholds (app_queue `log-restricted-caller-id`). */
  readonly logRestrictedCallerId: boolean;
}

/** queue_log besides app_queue's lines in the database. */
export interface QueueLogSettings {
  /** Absolute; `null`: no file. */
  readonly file: string | null;
  /** The file is put aside from `bytes` on (0 never) and with each day's first line; `keep` of those stay. */
  readonly rotation: { readonly bytes: number; readonly isDaily: boolean; readonly keep: number };
  /** TRANSFER after a transfer's line, in the file. */
  readonly hasLegacyTransfer: boolean;
  /** The caller's way through menus, for QueueMetrics. */
  readonly hasIvr: boolean;
}

/** What holds for all members of all queues. */
export interface MemberSettings {
  /** What the member's phone shows; placeholders of {@link CALLER_ID_PLACEHOLDERS}. */
  readonly callerId: { readonly name: string; readonly number: string };
  readonly prompts: MemberPrompts;
}

/** What a member hears at `Stasis(queueapp,login,QUEUE)`, `…logout…`, `…pause…` and `…unpause…`. */
export interface MemberPrompts {
  readonly wait: readonly string[];
  readonly loggedIn: readonly string[];
  readonly loginFailed: readonly string[];
  readonly loggedOut: readonly string[];
  readonly logoutFailed: readonly string[];
  readonly paused: readonly string[];
  readonly pauseFailed: readonly string[];
  readonly unpaused: readonly string[];
  readonly unpauseFailed: readonly string[];
}

/** Placeholders of `members.caller-id`: the queue's title, the customer's name, id and code, the caller's number and name. */
export const CALLER_ID_PLACEHOLDERS = ['queue', 'customer', 'id', 'code', 'caller', 'name'] as const;

/** What an item of an extension's node holds: the documented `<call/>`, the older `<test/>`, or the latter around the former. */
export const XMPP_PAYLOADS = ['native', 'legacy', 'hybrid'] as const;
/** Who gets a chat message: all members of the queue when a call enters and the chosen one, the chosen one alone, or nobody. */
export const XMPP_ANNOUNCE = ['members', 'chosen', 'nobody'] as const;

export interface XmppSettings {
  /** `null`: no XMPP, which is said at start. */
  readonly connection: XmppConnectionSettings | null;
  readonly payload: (typeof XMPP_PAYLOADS)[number];
  readonly announce: (typeof XMPP_ANNOUNCE)[number];
  /** Whether members' presence is asked for, so that who is known to be offline gets no message. */
  readonly usePresence: boolean;
  /** Bare JIDs that may subscribe to every extension's node. */
  readonly subscribers: readonly string[];
  /** Longest wait for the server's acknowledgement before the phone is rung anyway. */
  readonly publishWaitMs: number;
}

export interface XmppConnectionSettings {
  /** `xmpp://HOST:PORT` (STARTTLS) or `xmpps://HOST:PORT` (TLS from the start). */
  readonly service: string;
  /** The application's account, bare JID. */
  readonly jid: string;
  /** Address of the pubsub service; the account's own bare JID is PEP. */
  readonly pubsub: string;
  /** File with the certificate authority that the server's certificate must come from; `null` is the system's. */
  readonly caFile: string | null;
}

export interface DatabaseSettings {
  /** Most connections of the pool. */
  readonly pool: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a caller waits for a database that is away before the dialplan goes on. */
  readonly awayLimitMs: number;
  /** Without a sign of life from the process that acts on a switch for so long, a standby takes over. */
  readonly leaseMs: number;
  /** Folder of the application's own server, used without DATABASE_URL. */
  readonly dataFolder: string;
}

/** How long what calls leave of people is kept; `null` is for ever. */
export interface KeepSettings {
  /** Ended places in line, with their offers. */
  readonly entriesMs: number | null;
  readonly attemptsMs: number | null;
  /** The customer in ended places. */
  readonly customersMs: number | null;
  /** Callers' numbers and names, in ended places and in queue_log. */
  readonly numbersMs: number | null;
  /** Lines of queue_log. */
  readonly queueLogMs: number | null;
  /** The tune that a caller chose, since the last call that began with it. */
  readonly callerMusicMs: number | null;
  /** Files of recorded conversations. */
  readonly recordingsMs: number | null;
}

/** Where the HTTP server listens. Port 0 is any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What a lookup may ask with: the digits typed, the caller's number, the caller's name. */
export const LOOKUP_PARAMETERS = ['code', 'number', 'name'] as const;
export type LookupParameter = (typeof LOOKUP_PARAMETERS)[number];

export interface LookupLimits {
  readonly name: string;
  /** Longest time of one try. */
  readonly timeoutMs: number;
  /** Further tries after the first. */
  readonly retries: number;
}

/** One statement in the application's own database; `$1`, `$2`, … are `parameters` in order. */
export interface SqlLookupSettings extends LookupLimits {
  readonly type: 'sql';
  readonly sql: string;
  readonly parameters: readonly LookupParameter[];
}

/** One GET request; `{code}`, `{number}`, `{name}` in the address are replaced percent-encoded. */
export interface HttpLookupSettings extends LookupLimits {
  readonly type: 'http';
  readonly url: string;
  /** Headers without a secret; those with one are in {@link Secrets.lookupHeaders}. */
  readonly headers: Readonly<Record<string, string>>;
}

export type LookupSettings = SqlLookupSettings | HttpLookupSettings;

/** A music class of ours; a queue or the dialplan's CHANNEL(musicclass) names it. */
export interface MusicClassSettings {
  readonly name: string;
  /** Folder of tracks, absolute; `null`: the stream alone. */
  readonly folder: string | null;
  /** Folder that holds first/, middle/ and the others (E5), absolute; `null`: no advice. */
  readonly adviceFolder: string | null;
  /** Address of an Icecast or Shoutcast stream; `null`: none. */
  readonly stream: string | null;
  /** Gain of the music when nothing is said over it. */
  readonly level: number;
  /** Class of musiconhold.conf that is heard while the programme can't be. */
  readonly fallback: string;
  readonly programme: ProgrammeOverrides;
}

/** Recordings: where they are and how much of them is kept in memory. */
export interface SoundSettings {
  /** Folder with a folder of prompts for each language, absolute. */
  readonly folder: string;
  /** Asterisk's own recorded sounds, absolute (Debian: /usr/share/asterisk/sounds); `null`: not used. */
  readonly asteriskFolder: string | null;
  /** What callers may speak; each takes memory. */
  readonly formats: readonly WireFormat[];
  /** Longest track; of a longer one the beginning is played. */
  readonly trackMaxMs: number;
  /** Most memory for decoded sound, bytes; tracks beyond it are left out, named in the log. */
  readonly memoryMaxBytes: number;
}

/** What an account source may ask with: the caller's number. */
export interface AccountSourceLimits extends LookupLimits {
  /** How long an answer counts for the same number; 0: not kept. */
  readonly cacheMs: number;
  /** Of amounts that come without one. */
  readonly currency: Currency;
}

export interface SqlAccountSettings extends AccountSourceLimits {
  readonly type: 'sql';
  /** One row for each account; `$1` is the caller's number. Columns: number, balance, currency, locked. */
  readonly sql: string;
}

export interface HttpAccountSettings extends AccountSourceLimits {
  readonly type: 'http';
  /** `{number}` is replaced percent-encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type AccountSourceSettings = SqlAccountSettings | HttpAccountSettings;
