import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { memberName } from '../../../install/private-stack/asterisk.ts';
import { createStack } from '../../../install/private-stack/create-stack.ts';
import type { StackEnv } from '../../../install/private-stack/env.ts';
import { runScript } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import type { MemberJson } from '../../../src/http/views.ts';
import type { SipAccount } from '../phones/baresip.ts';
import { AriProxy } from './ari-proxy.ts';
import { soakConfiguration, soakDialplan } from './settings.ts';
import { Supervisor } from './supervisor.ts';

export interface StageOptions {
  /** Names the stack, and the log under .run. */
  readonly name: string;
  /** Extensions m001, m002, …, all logged in to `support`. */
  readonly members: number;
  readonly program: 'sources' | 'built';
  readonly nodeOptions?: readonly string[];
  readonly logLevel?: string;
  readonly say?: (line: string) => void;
}

/** A private stack, and the application under a supervisor with a proxy between it and Asterisk. */
export class SoakStage {
  readonly stack: Stack;
  readonly env: StackEnv;
  readonly proxy: AriProxy;
  readonly supervisor: Supervisor;
  readonly members: readonly string[];
  readonly #database: Client;

  private constructor(parts: Pick<SoakStage, 'stack' | 'env' | 'proxy' | 'supervisor' | 'members'>, database: Client) {
    this.stack = parts.stack;
    this.env = parts.env;
    this.proxy = parts.proxy;
    this.supervisor = parts.supervisor;
    this.members = parts.members;
    this.#database = database;
  }

  /** Brings everything up and waits until calls can be taken. */
  static async up(options: StageOptions): Promise<SoakStage> {
    const { name, members: count, program, nodeOptions = [], logLevel = 'info', say = () => undefined } = options;
    const stack = await createStack({ name: `${name}-${process.pid}`.slice(0, 20), members: count, say });
    const undo: (() => Promise<unknown>)[] = [() => stack.down()];
    try {
      const folder = join(stack.env.QUEUEAPP_RUN, 'application');
      mkdirSync(folder, { recursive: true });
      const file = join(folder, 'queueapp.yaml');
      writeFileSync(file, soakConfiguration(readFileSync(stack.env.QUEUEAPP_CONFIG, 'utf8')));
      const proxy = await AriProxy.start(stack.env.ARI_URL);
      undo.push(() => proxy.close());
      const database = new Client({ connectionString: stack.env.DATABASE_URL });
      await database.connect();
      undo.push(() => database.end());
      const members = Array.from({ length: count }, (_, index) => memberName(index + 1));
      await database.query('insert into extension (number) select unnest($1::text[])', [members]);
      await database.query("insert into queue_member (queue, extension) select 'support', unnest($1::text[])", [
        members,
      ]);
      const env = {
        ...stack.env,
        QUEUEAPP_CONFIG: file,
        QUEUEAPP_DATA: folder,
        LOG_LEVEL: logLevel,
        ARI_URL: proxy.url,
      };
      const supervisor = new Supervisor({ env, program, nodeOptions, logName: name });
      undo.push(() => supervisor[Symbol.asyncDispose]());
      const stage = new SoakStage({ stack, env: stack.env, proxy, supervisor, members }, database);
      await stage.#writeDialplan();
      await supervisor.level();
      return stage;
    } catch (error) {
      for (const step of undo.reverse()) await step().catch(() => undefined);
      throw error;
    }
  }

  /** Takes everything down, whatever is left of it. */
  async down(): Promise<void> {
    await this.supervisor[Symbol.asyncDispose]();
    await this.#database.end().catch(() => undefined);
    await this.proxy.close();
    await this.stack.down();
  }

  /** The account of a phone, or of the caller from outside. */
  sip(user: string): SipAccount {
    return { host: this.env.SIP_HOST, port: Number(this.env.SIP_PORT), user, password: this.env.SIP_PASSWORD };
  }

  /** Runs a command on Asterisk's console. */
  asterisk(command: string): Promise<string> {
    return runScript(this.env.ASTERISK, ['-rx', command]);
  }

  /** Runs one statement and answers its rows. */
  async sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#database.query<Row>(text, values)).rows;
  }

  /** The extensions, as the application sees them. */
  async memberViews(): Promise<readonly MemberJson[]> {
    return (await (await this.#api('members')).json()) as readonly MemberJson[];
  }

  /** Asks the application to do something with a member; `false`: it did not (it may be dead at the moment). */
  async member(extension: string, act: 'login' | 'logout' | 'pause' | 'unpause'): Promise<boolean> {
    try {
      return (await this.#api(`members/${extension}/${act}`, { queue: 'support' })).ok;
    } catch {
      return false;
    }
  }

  /** Names of Asterisk's channels. */
  async channels(): Promise<string[]> {
    const lines = (await this.asterisk('core show channels concise')).split('\n');
    return lines.filter((line) => line.includes('!')).map((line) => line.split('!')[0] ?? '');
  }

  /** Ids of Asterisk's bridges, asked from Asterisk itself. */
  async bridges(): Promise<string[]> {
    const { ARI_URL, ARI_USERNAME, ARI_PASSWORD } = this.env;
    const key = encodeURIComponent(`${ARI_USERNAME}:${ARI_PASSWORD}`);
    const response = await fetch(`${ARI_URL}/ari/bridges?api_key=${key}`);
    return ((await response.json()) as readonly { readonly id: string }[]).map(({ id }) => id);
  }

  /** Global variables in which ends of channels are written down. */
  async notes(): Promise<string[]> {
    const globals = await this.asterisk('dialplan show globals');
    return [...globals.matchAll(/^\s*(QUEUEAPP_END_[^=\s]+)=/gm)].map(([, name = '']) => name);
  }

  #api(path: string, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${this.env.API_TOKEN}`, 'content-type': 'application/json' };
    const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return fetch(`${this.env.HTTP_URL}/api/v1/${path}`, { ...post, headers });
  }

  async #writeDialplan(): Promise<void> {
    for (const [number, steps] of soakDialplan()) {
      for (const [index, step] of steps.entries()) {
        const line = `${number},${index + 1},${step}`.replaceAll('"', '\\"');
        await this.asterisk(`dialplan add extension "${line}" into queueapp-lines replace`);
      }
    }
  }
}
