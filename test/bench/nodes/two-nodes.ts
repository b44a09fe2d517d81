import { Client } from 'pg';
import { memberName } from '../../../install/private-stack/asterisk.ts';
import { createStack, openStack } from '../../../install/private-stack/create-stack.ts';
import { waitUntil } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { ReleaserStack } from '../../../src/lib/releasers.ts';
import type { SipAccount } from '../../support/phones/baresip.ts';
import { AnsweringPhones } from '../../support/phones/load.ts';
import { MeasuredApp, type Settings } from '../measured-app.ts';

/** The application reads its members and hears of their phones within this. */
const MEMBERS_LIMIT_MS = 30_000;
const NAMES = ['first', 'second'] as const;

/**
 * Two Asterisks with one PostgreSQL and one XMPP server. Each phone is registered at both, as behind a proxy that registers phones once for
 * all: no call crosses from one to the other.
 */
export class TwoNodes {
  readonly #releasers = new ReleaserStack();
  readonly #members: number;
  #stacks: readonly Stack[] = [];
  #end: Promise<void> | undefined;

  constructor(members: number) {
    this.#members = members;
  }

  async build(say: (line: string) => void): Promise<void> {
    const members = this.#members;
    const names = NAMES.map((name) => `bench-${process.pid}-${name}`.slice(0, 20));
    for (const name of [...names].reverse()) this.#releasers.add(`stack ${name}`, async () => openStack(name)?.down());
    const [name = '', otherName = ''] = names;
    const first = await createStack({ name, members, pubsub: 'memory', say });
    const databaseUrl = first.env.DATABASE_URL;
    const second = await createStack({ name: otherName, members, pubsub: 'memory', databaseUrl, say });
    this.#stacks = [first, second];
    const numbers = Array.from({ length: members }, (_, index) => memberName(index + 1));
    await this.sql('insert into extension (number) select unnest($1::text[])', [numbers]);
    await this.sql("insert into queue_member (queue, extension) select 'support', unnest($1::text[])", [numbers]);
    for (const [index, stack] of this.#stacks.entries()) {
      say(`· registering ${members} phones at ${stack.name}`);
      const accounts = numbers.map((user) => sip(stack, user));
      const phones = await AnsweringPhones.plugIn({ talkMs: 1_000, accounts });
      this.#releasers.add(`phones of ${NAMES[index]}`, () => phones.close());
    }
  }

  /** Ends everything, whatever has been built. */
  tearDown(): Promise<void> {
    this.#end ??= this.#releasers.releaseAll((error, what) => process.stderr.write(`${what}: ${String(error)}\n`));
    return this.#end;
  }

  /** Runs `work` while so many processes run, each on an Asterisk of its own. */
  async withApps<T>(
    count: 1 | 2,
    nodeOptions: readonly string[],
    work: (apps: readonly MeasuredApp[]) => Promise<T>,
  ): Promise<T> {
    const apps: MeasuredApp[] = [];
    const stop = () => Promise.all(apps.splice(0).map((app) => app.stop()));
    this.#releasers.add('applications', stop);
    try {
      for (const index of count === 1 ? [0] : [0, 1]) apps.push(await this.#start(index, count, nodeOptions));
      for (const stack of this.#stacks.slice(0, count)) await this.#untilMembersAreThere(stack);
      return await work(apps);
    } finally {
      await stop();
    }
  }

  caller(index: number): SipAccount {
    return sip(this.#stack(index), 'caller');
  }

  /** Ids of the processes that serve calls: those of so many nodes, and what they share. */
  pids(count: 1 | 2) {
    const pidOf = (index: number, server: 'asterisk' | 'postgres' | 'xmpp') =>
      this.#stack(index).state.processes[server]?.pid ?? 0;
    const asterisks = [0, 1].slice(0, count).map((index) => pidOf(index, 'asterisk'));
    return { asterisks, postgres: pidOf(0, 'postgres'), xmpp: pidOf(0, 'xmpp') };
  }

  /** One statement on the database. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.#stack(0).env.DATABASE_URL });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  #start(index: number, count: 1 | 2, nodeOptions: readonly string[]): Promise<MeasuredApp> {
    const stack = this.#stack(index);
    const { XMPP_SERVICE, XMPP_DOMAIN, XMPP_PUBSUB, XMPP_JID, XMPP_PASSWORD, XMPP_CA } = this.#stack(0).env;
    const xmpp = { XMPP_SERVICE, XMPP_DOMAIN, XMPP_PUBSUB, XMPP_JID, XMPP_PASSWORD, XMPP_CA };
    const passwords = Object.fromEntries(
      this.#stacks.map(({ env }, each) => [`ARI_PASSWORD_${NAMES[each]?.toUpperCase()}`, env.ARI_PASSWORD]),
    );
    const several = { ...passwords, QUEUEAPP_SWITCH: NAMES[index] ?? '' };
    const env = { ...stack.env, ...xmpp, ...(count === 1 ? {} : several) };
    const switches = this.#stacks.map(({ env: of }, each) => ({
      ...{ name: NAMES[each], url: of.ARI_URL },
      sip: `${of.SIP_HOST}:${of.SIP_PORT}`,
    }));
    const common: Settings = [[['xmpp', 'announce'], 'chosen']];
    return MeasuredApp.start(env, count === 1 ? common : [...common, [['switches'], switches]], nodeOptions);
  }

  async #untilMembersAreThere({ env }: Stack): Promise<void> {
    let available: number | undefined;
    const areThere = async () => {
      const headers = { authorization: `Bearer ${env.API_TOKEN}` };
      const answer = await fetch(`${env.HTTP_URL}/api/v1/queues`, { headers });
      const queues = (await answer.json()) as readonly { readonly queue: string; readonly available: number }[];
      available = queues.find(({ queue }) => queue === 'support')?.available;
      return available === this.#members;
    };
    if (!(await waitUntil(areThere, MEMBERS_LIMIT_MS)))
      throw new Error(`Of ${this.#members} members ${available} are available to the application`);
  }

  #stack(index: number): Stack {
    const stack = this.#stacks[index];
    if (stack === undefined) throw new Error('The scene has not been built');
    return stack;
  }
}

function sip({ env: { SIP_HOST: host, SIP_PORT: port, SIP_PASSWORD: password } }: Stack, user: string): SipAccount {
  return { host, port: Number(port), user, password };
}
