import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { XmppAccount } from '../xmpp-clients/xmpp-client.ts';
import type { SipAccount } from './baresip.ts';

const run = promisify(execFile);
const STACK = join(import.meta.dirname, '../../../install/stack');
/** The first start on a machine may have to download Asterisk. */
const UP_LIMIT_MS = 600_000;

/** A private stack of a test's own: Asterisk, XMPP server and PostgreSQL. */
export class PrivateStack {
  readonly #name: string;
  /** What `install/stack env` prints. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(name: string, env: Readonly<Record<string, string>>) {
    this.#name = name;
    this.env = env;
  }

  /** Brings a stack up that no other test process uses. */
  static async up({
    xmpp = 'prosody',
    members = 0,
  }: {
    xmpp?: 'prosody' | 'ejabberd';
    members?: number;
  } = {}): Promise<PrivateStack> {
    const name = `test-${process.pid}`;
    await run(STACK, ['up', '--name', name, '--xmpp', xmpp, '--members', String(members)], { timeout: UP_LIMIT_MS });
    const { stdout } = await run(STACK, ['env', '--name', name]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
    return new PrivateStack(name, Object.fromEntries(lines));
  }

  /** The value of a key; an error when `env` does not print it. */
  value(key: string): string {
    const value = this.env[key];
    if (value === undefined) throw new Error(`install/stack env does not print ${key}`);
    return value;
  }

  /** The account of a phone (1000, 2000, 3000, m001, …) or of the caller from outside (`caller`). */
  sip(user: string): SipAccount {
    return {
      host: this.value('SIP_HOST'),
      port: Number(this.value('SIP_PORT')),
      user,
      password: this.value('SIP_PASSWORD'),
    };
  }

  /** The chat account of a member (`user1`, `user2`, `user3`). */
  member(user: string): XmppAccount {
    return this.#xmpp(`${user}@${this.value('XMPP_DOMAIN')}`, this.value('MEMBER_PASSWORD'));
  }

  /** The account that may subscribe to the extensions' nodes. */
  crm(): XmppAccount & { readonly pubsub: string } {
    return { ...this.#xmpp(this.value('CRM_JID'), this.value('CRM_PASSWORD')), pubsub: this.value('XMPP_PUBSUB') };
  }

  /** Runs a command on Asterisk's console and answers what it prints. */
  async console(command: string): Promise<string> {
    return (await run(this.value('ASTERISK'), ['-rx', command])).stdout;
  }

  /** Ends one server (`SIGKILL`), or ends and starts it, with the same ports and data. */
  async server(act: 'start' | 'stop' | 'restart' | 'kill', server: 'asterisk' | 'xmpp' | 'postgres'): Promise<void> {
    await run(STACK, [act, server, '--name', this.#name]);
  }

  /** Ends all servers and removes their data. */
  async down(): Promise<void> {
    await run(STACK, ['down', '--name', this.#name]);
  }

  #xmpp(jid: string, password: string): XmppAccount {
    return { jid, password, service: this.value('XMPP_SERVICE'), ca: this.value('XMPP_CA') };
  }
}
