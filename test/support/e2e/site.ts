import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { createStack } from '../../../install/private-stack/create-stack.ts';
import type { StackEnv } from '../../../install/private-stack/env.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { runScript } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import type { CallJson, MemberJson } from '../../../src/http/views.ts';
import type { SipAccount } from '../phones/baresip.ts';
import { type Caller, type DialOptions, dial } from '../phones/caller.ts';
import { Phone, type PhoneOptions } from '../phones/phone.ts';
import { plugInRefusingPhone, type RefusingPhoneOptions } from '../phones/refusing-phone.ts';
import type { ScriptedPhone } from '../phones/scripted-phone.ts';
import { forgetPhones } from '../phones/sipp.ts';
import { plugInTransferringPhone, type TransferringPhoneOptions } from '../phones/transferring-phone.ts';
import { Crm } from '../xmpp-clients/crm.ts';
import { ChatMember } from '../xmpp-clients/member.ts';
import type { XmppAccount } from '../xmpp-clients/xmpp-client.ts';
import { type ProcessEnd, QueueappProcess } from './application.ts';
import { eventually } from './eventually.ts';
import { CALL_EVENTS, type LoggedLine } from './logged-line.ts';

/** What a test's site is to be like. */
export interface SiteOptions {
  /** Names the stack, and the log under .run that is left for whoever asks why a test failed. */
  readonly name: string;
  /** @default 'prosody' */
  readonly xmpp?: 'prosody' | 'ejabberd';
  /** @default 'current' */
  readonly asterisk?: 'current' | 'bullseye';
  /** Further phones m001, m002, …. @default 0 */
  readonly members?: number;
  /** Changes the shipped configuration. @default none */
  readonly configure?: (shipped: string) => string;
  /** What the application has in the place of the stack's own address of Asterisk. @default that address */
  readonly ariUrl?: (own: string) => Promise<string>;
  /** The same of PostgreSQL. */
  readonly databaseUrl?: (own: string) => Promise<string>;
}

/** What `/readyz` says, with the response's status. */
export interface Readiness {
  readonly status: number;
  readonly ready: boolean;
  /** How much waits to be written or done, by what. */
  readonly waiting: Readonly<Record<string, number | null>>;
  readonly missing: readonly { readonly part: string; readonly since: string; readonly reason: string | null }[];
  readonly parts: Readonly<
    Record<string, { readonly state: string; readonly since: string; readonly reason: string | null }>
  >;
}

/** How the application of a site is started. */
export interface AppOptions extends Pick<SiteOptions, 'name' | 'configure'> {
  /** Goes before the stack's. @default none */
  readonly env?: Readonly<Record<string, string>>;
  /** Of `queueapp start`. @default none */
  readonly args?: readonly string[];
}

/** Names the stack of a test: test processes run beside one another. */
export const stackName = (name: string) => `e2e-${process.pid % 100_000}-${name}`.slice(0, 20);

const EXTENSIONS = ['1000', '2000', '3000'] as const;
const READY_LIMIT_MS = 120_000;

/** A private stack, the application in front of it, and the people of the stories: one per test file. */
export class Site {
  readonly stack: Stack;
  readonly env: StackEnv;
  readonly #name: string;
  readonly #args: readonly string[];
  readonly #people: { close(): Promise<void> }[] = [];
  #app: QueueappProcess;
  /** Other processes under the same configuration. */
  readonly #others: QueueappProcess[] = [];
  /** Where the application's API listens, when it is not the first process. */
  #httpUrl: string | null = null;
  #database: Client;
  #logMark = 0;

  private constructor({ name, args = [] }: AppOptions, stack: Stack, env: StackEnv) {
    this.#name = name;
    this.#args = args;
    this.stack = stack;
    this.env = env;
    this.#app = this.#start();
    this.#database = this.#newClient();
  }

  /** Brings everything up and waits until calls can be taken and XMPP is there. */
  static async up({
    name,
    xmpp = 'prosody',
    asterisk = 'current',
    members = 0,
    configure,
    ariUrl,
    databaseUrl,
  }: SiteOptions): Promise<Site> {
    const stack = await createStack({ name: stackName(name), xmpp, asterisk, members });
    const { ARI_URL, DATABASE_URL } = stack.env;
    return await Site.on(stack, {
      name,
      ...(configure === undefined ? {} : { configure }),
      env: {
        ...(ariUrl === undefined ? {} : { ARI_URL: await ariUrl(ARI_URL) }),
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: await databaseUrl(DATABASE_URL) }),
      },
    });
  }

  /** The application in front of a stack, which goes down with it. */
  static async on(stack: Stack, app: AppOptions): Promise<Site> {
    rmSync(join(CHECKOUT, '.run', `e2e-${app.name}.log`), { force: true });
    const { configure } = app;
    try {
      const folder = join(stack.env.QUEUEAPP_RUN, 'application');
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'queueapp.yaml');
      const shipped = readFileSync(stack.env.QUEUEAPP_CONFIG, 'utf8');
      writeFileSync(file, configure === undefined ? shipped : configure(shipped));
      const env = { ...stack.env, QUEUEAPP_CONFIG: file, QUEUEAPP_DATA: folder, LOG_LEVEL: 'debug', ...app.env };
      const site = new Site(app, stack, env);
      try {
        await site.#untilReady();
        await site.app.recordingsRead();
        return site;
      } catch (error) {
        // A process that is left would hold the test process up for good.
        await site.#endApplications();
        throw error;
      }
    } catch (error) {
      // What did not come up counts, and not that something of it could not be taken down, such as a folder on a disk of the test's own.
      await stack.down().catch((left: unknown) => console.error(left));
      throw error;
    }
  }

  /** Takes everything down, whatever is left of it. */
  async down(): Promise<void> {
    await Promise.allSettled(this.#people.splice(0).map((person) => person.close()));
    await this.#endApplications();
    await this.stack.down();
  }

  async #endApplications(): Promise<void> {
    await this.#database.end().catch(() => undefined);
    for (const app of [this.#app, ...this.#others]) await app[Symbol.asyncDispose]();
  }

  /** Between two stories: everybody goes home, nobody is logged in; 1000 has waited longest, then 2000, then 3000. */
  async reset(): Promise<void> {
    const left = await Promise.allSettled(this.#people.splice(0).map((person) => person.close()));
    await this.untilNoCalls();
    await this.#forgetPhones();
    await this.sql("update extension set last_hangup_at = now() + number::integer / 1000 * interval '1 millisecond'");
    await this.sql('delete from queue_member');
    const isNobodyIn = async () => (await this.members()).every(({ queues }) => queues.length === 0);
    await eventually('everybody is logged out', isNobodyIn);
    this.#logMark = Number((await this.sql<{ id: string }>('select max(id) as id from queue_log'))[0]?.id ?? 0);
    const failure = left.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
  }

  get app(): QueueappProcess {
    return this.#app;
  }

  /** SIGTERM, and a new process; answers how the old one ended. */
  async restartApp(): Promise<ProcessEnd> {
    const end = await this.stopApp();
    await this.startApp();
    return end;
  }

  /** SIGTERM; answers how it ended. */
  stopApp(): Promise<ProcessEnd> {
    this.#app.signal('SIGTERM');
    return this.#app.end();
  }

  /** SIGKILL, as a crash would. */
  async killApp(): Promise<void> {
    this.#app.signal('SIGKILL');
    await this.#app.end();
  }

  /** Starts one more process under the same configuration, with a port and a data folder of its own. */
  another(env: Readonly<Record<string, string>> = {}): QueueappProcess {
    const name = `application-${this.#others.length + 2}`;
    const data = join(this.env.QUEUEAPP_RUN, name);
    const own = { HTTP_LISTEN: '127.0.0.1:0', QUEUEAPP_DATA: data };
    const app = new QueueappProcess(['start'], { ...this.env, ...own, ...env }, { logName: `e2e-${this.#name}` });
    this.#others.push(app);
    return app;
  }

  /** One more process, once it waits for its turn. */
  async standby(env: Readonly<Record<string, string>> = {}): Promise<QueueappProcess> {
    const app = this.another(env);
    await app.says('that it is the standby', ({ msg }) => msg.startsWith('Standby'), { limitMs: READY_LIMIT_MS });
    return app;
  }

  /** From now on this process is the application: it is waited for until it takes calls, and asked. */
  async followedBy(app: QueueappProcess): Promise<void> {
    const started = await app.says('that it has started', ({ msg }) => msg === 'Started', { limitMs: READY_LIMIT_MS });
    await app.says('it is level with Asterisk', ({ msg }) => msg === 'Level with Asterisk', {
      limitMs: READY_LIMIT_MS,
    });
    this.#others.push(this.#app);
    this.#app = app;
    this.#httpUrl = String(started['httpUrl']);
  }

  get httpUrl(): string {
    return this.#httpUrl ?? this.env.HTTP_URL;
  }

  /** Starts the application after its end and waits until it can take calls. */
  async startApp({ limitMs = READY_LIMIT_MS }: { readonly limitMs?: number } = {}): Promise<void> {
    this.#app = this.#start();
    this.#httpUrl = null;
    await this.#untilReady(limitMs);
  }

  /** What `/readyz` says; `null` while nobody listens. */
  async readiness(): Promise<Readiness | null> {
    try {
      const response = await fetch(`${this.httpUrl}/readyz`);
      const body = (await response.json()) as Omit<Readiness, 'status'>;
      return { status: response.status, ...body };
    } catch {
      return null;
    }
  }

  /** Waits until these parts are missing, and no others. */
  async untilMissing(...parts: string[]): Promise<void> {
    const wanted = parts.sort().join();
    await eventually(
      `missing is: ${wanted || 'nothing'}`,
      async () =>
        (await this.readiness())?.missing
          .map(({ part }) => part)
          .sort()
          .join() === wanted,
      READY_LIMIT_MS,
    );
  }

  /** Runs a `queueapp` command to its end. */
  async cli(...args: string[]): Promise<ProcessEnd> {
    return await new QueueappProcess(args, this.env).end();
  }

  /** Starts a second `queueapp start` with another environment, and answers how it ended. */
  async start(env: Readonly<Record<string, string>>): Promise<ProcessEnd> {
    return await new QueueappProcess(['start'], { ...this.env, ...env }).end();
  }

  /** The calls that the application has now. */
  calls(): Promise<readonly CallJson[]> {
    return this.#get('calls');
  }

  /** The extensions, as the application sees them. */
  members(): Promise<readonly MemberJson[]> {
    return this.#get('members');
  }

  /** Waits until the application has no call and Asterisk no channel. */
  async untilNoCalls(): Promise<void> {
    const isNoCallLeft = async () => (await this.calls()).length === 0;
    await eventually('no call is left', isNoCallLeft);
    await eventually('no channel is left', async () => (await this.channels()) === 0);
    // A channel of which the application had not heard at the first look may have become a call since, and gone.
    await eventually('no call is left', isNoCallLeft);
  }

  /** Waits until a call has reached a phase; by default the only call. */
  async untilPhase(phase: CallJson['phase'], fits: (call: CallJson) => boolean = () => true): Promise<CallJson> {
    const look = async () => (await this.calls()).find((call) => call.phase === phase && fits(call));
    return await eventually(`a call is ${phase}`, look);
  }

  /** How many channels Asterisk has. */
  async channels(): Promise<number> {
    return Number(/(\d+) active channel/.exec(await this.asterisk('core show channels count'))?.[1]);
  }

  /** Adds a number to the dialplan: the steps from priority 1 on. */
  async dialplan(number: string, ...steps: string[]): Promise<void> {
    for (const [index, step] of [...steps, 'Goto(queueapp-back,s,1)'].entries()) {
      // As a call with brackets: in the other form Asterisk loses what follows the bracket of CHANNEL(language)=ru.
      const line = `${number},${index + 1},${step}`.replaceAll('"', '\\"');
      await this.asterisk(`dialplan add extension "${line}" into queueapp-lines replace`);
    }
  }

  /**
   * Waits until all of these variables of the channel that is there (with several: of the first) have been set, and answers their
   * values, and no other's: each is set by a request of its own, so that one says nothing of the next.
   */
  async untilVariables<Name extends string>(...names: Name[]): Promise<Readonly<Record<Name, string>>> {
    return await eventually(`${names.join()} are set`, async () => {
      const channels = (await this.asterisk('core show channels concise')).trim().split('\n');
      const shown = await this.asterisk(`core show channel ${channels[0]?.split('!')[0]}`);
      const pairs = shown.split('\n').map((line) => /^(\w+)=(.*)$/.exec(line));
      const all = new Map(pairs.filter((pair) => pair !== null).map(([, key = '', value = '']) => [key, value]));
      const found = names.flatMap((name) => (all.has(name) ? [[name, all.get(name)]] : []));
      return found.length === names.length && (Object.fromEntries(found) as Record<Name, string>);
    });
  }

  /** Runs a command on Asterisk's console. */
  asterisk(command: string): Promise<string> {
    return runScript(this.env.ASTERISK, ['-rx', command]);
  }

  /** Runs one statement and answers its rows. */
  async sql<Row extends object = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#database.query<Row>(text, values)).rows;
    } catch (error) {
      // After PostgreSQL was away.
      if (error instanceof Error && 'severity' in error) throw error;
      this.#database = this.#newClient();
      return (await this.#database.query<Row>(text, values)).rows;
    }
  }

  /** The lines of queue_log since the last `reset`, in the order of writing; the caller's way through menus (DID, INFO) left out. */
  async queueLog(): Promise<LoggedLine[]> {
    const rows = await this.sql<LoggedLine>(
      `select event, agent, callid, array[data1, data2, data3, data4, data5] as data from queue_log
        where id > $1 and event not in ('DID', 'INFO') order by id`,
      [this.#logMark],
    );
    return rows.map(({ data, ...row }) => ({
      ...row,
      data: data.map((text) => text ?? '').slice(0, data.findLastIndex((text) => text) + 1),
    }));
  }

  /** The lines of app_queue about calls among them, those of the queue's members left out. */
  async callLog(): Promise<LoggedLine[]> {
    return (await this.queueLog()).filter(({ event }) => CALL_EVENTS.has(event));
  }

  /** Waits until queue_log has a line of this event (the `count`th), and answers it. */
  async logged(event: string, count = 1): Promise<LoggedLine> {
    const look = async () => (await this.queueLog()).filter((line) => line.event === event)[count - 1];
    return await eventually(`${event} number ${count} in queue_log`, look);
  }

  /** Logs extensions in, in this order, without a phone call. */
  async login(...extensions: string[]): Promise<void> {
    for (const extension of extensions) await this.#post(`members/${extension}/login`, { queue: 'support' });
  }

  /** Logs extensions in whose phones are plugged in, and waits until the application knows that they are free: for who waits already they may ring by then. */
  async onDuty(...extensions: string[]): Promise<void> {
    await this.login(...extensions);
    for (const extension of extensions) {
      const isKnown = ({ deviceState, activity, ...each }: MemberJson) =>
        each.extension === extension && (deviceState === 'NOT_INUSE' || /^(ringing|talking)$/.test(activity));
      await eventually(`${extension} is free, or has a call`, async () => (await this.members()).some(isKnown));
    }
  }

  /** Logs an extension out without a phone call. */
  async logout(extension: string): Promise<void> {
    await this.#post(`members/${extension}/logout`, { queue: 'support' });
  }

  /** Pauses an extension in a queue without a phone call. */
  async pause(extension: string, queue: string): Promise<void> {
    await this.#post(`members/${extension}/pause`, { queue });
  }

  /** Waits until the application sees a phone in this state. */
  async untilDevice(extension: string, state: string): Promise<void> {
    const look = async () =>
      (await this.members()).some((each) => each.extension === extension && each.deviceState === state);
    await eventually(`${extension} is ${state}`, look);
  }

  /** The account of a phone, or of the caller from outside. */
  sip(user: string): SipAccount {
    return { host: this.env.SIP_HOST, port: Number(this.env.SIP_PORT), user, password: this.env.SIP_PASSWORD };
  }

  /** Somebody calls from outside. */
  async caller(number: string, options: Partial<DialOptions> = {}): Promise<Caller> {
    return this.#add(await dial({ account: this.sip('caller'), ...options, number }));
  }

  /** A registered phone. */
  async phone(extension: string, options: Partial<PhoneOptions> = {}): Promise<Phone> {
    return this.#add(await Phone.plugIn({ account: this.sip(extension), ...options }));
  }

  /** A registered phone that refuses with a SIP status of one's choice. */
  async refusingPhone(extension: string, options: Omit<RefusingPhoneOptions, 'account'>): Promise<ScriptedPhone> {
    return this.#add(await plugInRefusingPhone({ account: this.sip(extension), ...options }));
  }

  /** A registered phone that answers, and some time later sends its partner to a number. */
  async transferringPhone(
    extension: string,
    options: Omit<TransferringPhoneOptions, 'account'>,
  ): Promise<ScriptedPhone> {
    return this.#add(await plugInTransferringPhone({ account: this.sip(extension), ...options }));
  }

  /** A member's chat client. */
  async chat(user: string): Promise<ChatMember> {
    const account = this.#xmpp(`${user}@${this.env.XMPP_DOMAIN}`, this.env.MEMBER_PASSWORD);
    return this.#add(await ChatMember.connect(account));
  }

  /** CRM software; subscribe it after the login, which makes the node. */
  async crm(): Promise<Crm> {
    const account = this.#xmpp(this.env.CRM_JID, this.env.CRM_PASSWORD);
    return this.#add(await Crm.connect({ ...account, pubsub: this.env.XMPP_PUBSUB }, () => this.#untilNodes()));
  }

  /** Waits until the XMPP server has all nodes as the application wants them. */
  async #untilNodes(): Promise<void> {
    await eventually('all nodes are made', async () => (await this.readiness())?.waiting['xmpp-nodes'] === 0);
  }

  #xmpp(jid: string, password: string): XmppAccount {
    return { jid, password, service: this.env.XMPP_SERVICE, ca: this.env.XMPP_CA };
  }

  #add<Person extends { close(): Promise<void> }>(person: Person): Person {
    this.#people.push(person);
    return person;
  }

  // A phone that was killed leaves its registration.
  async #forgetPhones(): Promise<void> {
    const contacts = await this.asterisk('pjsip show contacts');
    // Behind Kamailio an extension has one contact that is no registration.
    const left = EXTENSIONS.filter((extension) => new RegExp(` ${extension}/(?!sip:${extension}@)`).test(contacts));
    await Promise.all(left.map((extension) => forgetPhones(this.sip(extension))));
  }

  #start(): QueueappProcess {
    return new QueueappProcess(['start', ...this.#args], this.env, { logName: `e2e-${this.#name}` });
  }

  async #untilReady(limitMs = READY_LIMIT_MS): Promise<void> {
    const look = async () => {
      if (!this.#app.isRunning) throw new Error(`The application ended:\n${this.#app.tail()}`);
      return (await this.readiness())?.missing.length === 0;
    };
    await eventually('the application is ready', look, limitMs);
    await this.#app.says('it is level with Asterisk', ({ msg }) => msg === 'Level with Asterisk', { limitMs });
  }

  async #get<Answer>(path: string): Promise<Answer> {
    return (await this.#ask(path, {})) as Answer;
  }

  async #post(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    await this.#ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #ask(path: string, init: { method?: string; headers?: Record<string, string>; body?: string }) {
    const headers = { authorization: `Bearer ${this.env.API_TOKEN}`, ...init.headers };
    const response = await fetch(`${this.httpUrl}/api/v1/${path}`, { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  }

  #newClient(): Client {
    const client = new Client({ connectionString: this.env.DATABASE_URL });
    // A connection that breaks tells so at the next statement.
    client.on('error', () => undefined);
    void client.connect().catch(() => undefined);
    return client;
  }
}
