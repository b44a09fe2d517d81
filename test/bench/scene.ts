import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { memberName } from '../../install/private-stack/asterisk.ts';
import { createStack, openStack } from '../../install/private-stack/create-stack.ts';
import type { StackEnv } from '../../install/private-stack/env.ts';
import { waitUntil } from '../../install/private-stack/processes.ts';
import type { Stack } from '../../install/private-stack/stack.ts';
import type { PubsubStorage } from '../../install/private-stack/state.ts';
import { ReleaserStack } from '../../src/lib/releasers.ts';
import type { SipAccount } from '../support/phones/baresip.ts';
import { AnsweringPhones } from '../support/phones/load.ts';
import { withoutRealtime } from '../support/without-realtime.ts';
import { Crm } from '../support/xmpp-clients/crm.ts';
import { ChatMember } from '../support/xmpp-clients/member.ts';
import type { XmppAccount } from '../support/xmpp-clients/xmpp-client.ts';
import { MeasuredApp, type Settings } from './measured-app.ts';

const run = promisify(execFile);

/** People with a chat client. Where there are more phones, several extensions are one person's. */
export const PEOPLE = 10;

/** The application reads its members and makes their nodes within this. */
const MEMBERS_LIMIT_MS = 30_000;

/** Who and what takes part in a measurement. */
export interface SceneOptions {
  readonly name: string;
  /** Extensions m001, m002, …, all logged in to `support`, all members of app_queue's queue `bench`. */
  readonly members: number;
  readonly talkMs: number;
  readonly pubsub: PubsubStorage;
  /** Beside the ten chat clients, a CRM that subscribes to every node. */
  readonly crm: boolean;
  readonly settings: Settings;
}

/** A private stack with phones that answer at once, accounts, members in the database, and the application when it is wanted. */
export class Scene {
  readonly #options: SceneOptions;
  readonly #releasers = new ReleaserStack();
  #stack: Stack | undefined;
  readonly #people: ChatMember[] = [];
  #crm: Crm | undefined;
  #isSubscribed = false;
  #end: Promise<void> | undefined;

  constructor(options: SceneOptions) {
    this.#options = options;
  }

  get env(): StackEnv {
    return this.#ready().env;
  }

  get caller(): SipAccount {
    return this.#sip('caller');
  }

  /** Builds everything but the application. */
  async build(say: (line: string) => void): Promise<void> {
    const { name, members, pubsub, talkMs, crm: hasCrm } = this.#options;
    this.#releasers.add('stack', async () => openStack(name)?.down());
    this.#stack = await createStack({ name, members, pubsub, say });
    await withoutRealtime(this.#stack, { queueLog: 'no' });
    await this.#addMembers();
    const accounts = Array.from({ length: members }, (_, index) => this.#sip(memberName(index + 1)));
    say(`· registering ${members} phones`);
    const phones = await AnsweringPhones.plugIn({ talkMs, accounts });
    this.#releasers.add('phones', () => phones.close());
    say(`· connecting ${PEOPLE} chat clients${hasCrm ? ' and a CRM' : ''}`);
    await this.#addAccounts();
    this.#releasers.add('chat clients', () => Promise.all(this.#people.map((person) => person.close())));
    for (const account of this.#peopleAccounts()) this.#people.push(await ChatMember.connect(account));
    if (!hasCrm) return;
    const { CRM_JID: jid, CRM_PASSWORD: password, XMPP_PUBSUB: crmPubsub } = this.env;
    const crm = await Crm.connect({ ...this.#xmpp(jid, password), pubsub: crmPubsub });
    this.#releasers.add('CRM', () => crm.close());
    this.#crm = crm;
  }

  /** Ends everything, whatever has been built; all who ask wait for the same end. */
  async tearDown(): Promise<void> {
    const onError = (error: unknown, what: string) =>
      process.stderr.write(`${what} could not be ended: ${error instanceof Error ? error.message : String(error)}\n`);
    this.#end ??= this.#releasers.releaseAll(onError);
    await this.#end;
    // What was still being built when the first one asked.
    await this.#releasers.releaseAll(onError);
  }

  /** Runs `work` while the application runs, with a fresh process. */
  async withApp<T>(nodeOptions: readonly string[], work: (app: MeasuredApp) => Promise<T>): Promise<T> {
    const { settings, crm } = this.#options;
    const subscribers = [['xmpp', 'subscribers'], crm ? [this.env.CRM_JID] : []] as const;
    const app = await MeasuredApp.start(this.env, [...settings, subscribers], nodeOptions);
    let isRunning = true;
    const stop = async () => {
      if (isRunning) await app.stop();
      isRunning = false;
    };
    this.#releasers.add('application', stop);
    try {
      await this.#untilMembersAreThere();
      await this.#subscribe();
      return await work(app);
    } finally {
      await stop();
    }
  }

  /** Asterisk's ports for sound. */
  rtpPorts(): { readonly first: number; readonly last: number } {
    const { rtpFirst, rtpLast } = this.#ready().state.ports;
    return { first: rtpFirst, last: rtpLast };
  }

  /** Ids of the processes that serve calls. */
  serverPids(): { readonly asterisk: number; readonly postgres: number; readonly xmpp: number } {
    const { processes } = this.#ready().state;
    const pid = (server: keyof typeof processes) => processes[server]?.pid ?? 0;
    return { asterisk: pid('asterisk'), postgres: pid('postgres'), xmpp: pid('xmpp') };
  }

  /** Chat messages that the people's clients have received up to now, and items and retractions of the CRM. */
  received(): { readonly messages: number; readonly items: number } {
    const messages = this.#people.reduce((total, person) => total + person.all('message').length, 0);
    return {
      messages,
      items: this.#crm === undefined ? 0 : this.#crm.all('item').length + this.#crm.all('retract').length,
    };
  }

  /** Runs a command on Asterisk's console. */
  async console(command: string): Promise<string> {
    return (await run(this.env.ASTERISK, ['-rx', command])).stdout;
  }

  /** Both queues ring by this strategy from now on. */
  async setStrategy(strategy: string): Promise<void> {
    const file = join(this.env.QUEUEAPP_RUN, 'asterisk/etc/queues.conf');
    const written = await readFile(file, 'utf8');
    await writeFile(file, written.replace(/^strategy = \w+$/m, `strategy = ${strategy}`));
    await this.console('queue reload parameters');
    await this.sql("update queue set settings = jsonb_build_object('strategy', $1::text) where name = 'support'", [
      strategy,
    ]);
  }

  /** One statement on the application's database. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.env.DATABASE_URL });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async #addMembers(): Promise<void> {
    const { members } = this.#options;
    const people = this.#peopleAccounts().map(({ jid }) => jid);
    const numbers = Array.from({ length: members }, (_, index) => memberName(index + 1));
    const jids = numbers.map((_, index) => people[index % people.length]);
    await this.sql('insert into extension (number, jid) select * from unnest($1::text[], $2::text[])', [numbers, jids]);
    await this.sql("insert into queue_member (queue, extension) select 'support', unnest($1::text[])", [numbers]);
  }

  async #addAccounts(): Promise<void> {
    const config = join(this.env.QUEUEAPP_RUN, 'xmpp/prosody.cfg.lua');
    const register = ({ jid, password }: XmppAccount) => {
      const [user = '', domain = ''] = jid.split('@');
      return run('prosodyctl', ['--root', '--config', config, 'register', user, domain, password]);
    };
    await Promise.all(this.#peopleAccounts().map(register));
  }

  /** The application knows all members, and that their phones are free. */
  async #untilMembersAreThere(): Promise<void> {
    const { members } = this.#options;
    const authorization = `Bearer ${this.env.API_TOKEN}`;
    let available: number | undefined;
    const areThere = async () => {
      const answer = await fetch(`${this.env.HTTP_URL}/api/v1/queues`, { headers: { authorization } });
      const queues = (await answer.json()) as readonly { readonly queue: string; readonly available: number }[];
      available = queues.find(({ queue }) => queue === 'support')?.available;
      return available === members;
    };
    if (!(await waitUntil(areThere, MEMBERS_LIMIT_MS)))
      throw new Error(`Of ${members} members ${available} are available to the application`);
  }

  /** Once: subscriptions outlive the application's process, as the nodes do. */
  async #subscribe(): Promise<void> {
    const crm = this.#crm;
    if (crm === undefined || this.#isSubscribed) return;
    this.#isSubscribed = true;
    for (let index = 1; index <= this.#options.members; index += 1) {
      const node = `extension${memberName(index)}`;
      // The application makes its nodes after it has begun to take calls.
      const isSubscribed = () =>
        crm.subscribe(node).then(
          () => true,
          () => false,
        );
      if (!(await waitUntil(isSubscribed, MEMBERS_LIMIT_MS))) throw new Error(`The CRM cannot subscribe to ${node}`);
    }
  }

  #peopleAccounts(): readonly XmppAccount[] {
    const { XMPP_DOMAIN: domain, MEMBER_PASSWORD: password } = this.env;
    return Array.from({ length: PEOPLE }, (_, index) => this.#xmpp(`person${index + 1}@${domain}`, password));
  }

  #sip(user: string): SipAccount {
    const { SIP_HOST: host, SIP_PORT: port, SIP_PASSWORD: password } = this.env;
    return { host, port: Number(port), user, password };
  }

  #xmpp(jid: string, password: string): XmppAccount {
    return { jid, password, service: this.env.XMPP_SERVICE, ca: this.env.XMPP_CA };
  }

  #ready(): Stack {
    if (this.#stack === undefined) throw new Error('The scene has not been built');
    return this.#stack;
  }
}
