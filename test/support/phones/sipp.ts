import { createReadStream, type FSWatcher, watch } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SipAccount } from './baresip.ts';
import { isUdpPortTaken, Program, temporaryFolder } from './processes.ts';
import { parseSip, type SipMessage } from './sip-message.ts';
import { Changes } from './waiting.ts';

/** How sipp is started: a scenario (XML), the port it binds, and more of its options. */
export interface SippOptions {
  readonly scenario: string;
  readonly localPort?: number;
  readonly account?: SipAccount;
  readonly args?: readonly string[];
  /** Keep every message with its time; not for loads. @default false */
  readonly keepsMessages?: boolean;
}

const SEPARATOR =
  /-{20,} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\d*\n\w+ message (sent|received) [[(]\d+[\])]? bytes[)]?\s?:\n\n/g;

/** One sipp process; its messages, when they are kept, are read from its message log as it grows. */
export class Sipp {
  readonly changes = new Changes();
  readonly messages: SipMessage[] = [];
  readonly program: Program;
  readonly #watcher: FSWatcher | undefined;
  #bytesRead = 0;
  #unread = '';
  #reading = Promise.resolve();

  private constructor(program: Program, keepsMessages: boolean) {
    this.program = program;
    this.#watcher = keepsMessages ? watch(program.folder, (_event, file) => this.#onFile(file)) : undefined;
  }

  /** Starts sipp on loopback, or on the address that reaches the account's host. */
  static async start({ scenario, localPort, account, args = [], keepsMessages = false }: SippOptions): Promise<Sipp> {
    const folder = await temporaryFolder('sipp');
    await writeFile(join(folder, 'scenario.xml'), `<?xml version="1.0" encoding="UTF-8" ?>\n${scenario}`);
    const program = await Program.start(
      'sipp',
      [
        ...(account ? [`${account.host}:${account.port}`, '-au', account.user, '-ap', account.password] : []),
        // It ends by itself after this many seconds, if the test process died without ending it.
        ...['-sf', 'scenario.xml', '-nostdin', '-i', '127.0.0.1', '-timeout', '1800'],
        ...(localPort === undefined ? [] : ['-p', String(localPort)]),
        ...(keepsMessages ? ['-trace_msg', '-message_file', 'messages.log'] : []),
        ...args,
      ],
      folder,
    );
    const sipp = new Sipp(program, keepsMessages);
    if (localPort !== undefined) await sipp.#listening(localPort);
    return sipp;
  }

  /** Waits until it ends by itself; fails when it does not in time, or when a call failed (exit status 1). */
  async finished(limitMs: number): Promise<void> {
    if (!(await this.program.ended(limitMs)))
      throw new Error(`sipp did not end in ${limitMs} ms:\n${this.program.output.slice(-2000)}`);
    if (this.program.exitStatus !== 0)
      throw new Error(`sipp ended with ${this.program.exitStatus}:\n${this.program.output.slice(-2000)}`);
  }

  /** No further call is begun; it ends by itself when those that go on are over (sipp's own meaning of the signal). */
  finish(): void {
    this.program.signal('SIGUSR1');
  }

  /** Reads what it has written up to now; after its end that is all. */
  async readAll(): Promise<readonly SipMessage[]> {
    this.#onFile('messages.log');
    await this.#reading;
    return this.messages;
  }

  /** Ends the process and removes its files. */
  async close(): Promise<void> {
    this.#watcher?.close();
    await this.#reading;
    // Asked to end, it waits for calls that nobody will end any more; there is nothing to save.
    this.program.signal('SIGKILL');
    await this.program.close();
  }

  // An error in the scenario ends sipp before it binds its port.
  async #listening(port: number): Promise<void> {
    while (!(await isUdpPortTaken(port))) {
      if (await this.program.ended(20)) break;
    }
    if (this.program.isRunning || this.program.exitStatus === 0) return;
    const { output } = this.program;
    await this.close();
    throw new Error(`sipp did not start:\n${output}`);
  }

  #onFile(file: string | null): void {
    if (file !== 'messages.log') return;
    this.#reading = this.#reading.then(() => this.#read()).catch(() => {});
  }

  async #read(): Promise<void> {
    for await (const part of createReadStream(join(this.program.folder, 'messages.log'), { start: this.#bytesRead })) {
      this.#bytesRead += part.length;
      this.#unread += part.toString('utf8');
    }
    const starts = [...this.#unread.matchAll(SEPARATOR)];
    let consumed = 0;
    for (const [index, start] of starts.entries()) {
      const from = start.index + start[0].length;
      const to = starts[index + 1]?.index ?? this.#unread.length;
      const text = this.#unread.slice(from, to);
      // Of the last one, the body may still be on its way; the head is enough.
      if (!/\r?\n\r?\n/.test(text)) break;
      const atMs = new Date((start[1] ?? '').replace(' ', 'T')).getTime();
      const message = parseSip(text, { atMs, direction: start[2] === 'sent' ? 'out' : 'in' });
      if (message) this.messages.push(message);
      consumed = to;
    }
    this.#unread = this.#unread.slice(consumed);
    this.changes.notify();
  }
}

/** The REGISTER scenario: `contact` is the whole header value, `expiresS` 0 takes it back; `*` with 0 takes all back. */
export function registerScenario({
  user,
  contact,
  expiresS,
}: {
  user: string;
  contact: string;
  expiresS: number;
}): string {
  const request = (cseq: number, authentication: string): string => `<send retrans="500"><![CDATA[

    REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:${user}@[remote_ip]:[remote_port]>;tag=[pid]${cseq}
    To: <sip:${user}@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: ${cseq} REGISTER
    Contact: ${contact}
    Expires: ${expiresS}
    ${authentication}
    Content-Length: 0

  ]]></send>`;
  return `<scenario name="register">
    ${request(1, 'Subject: first')}<recv response="401" auth="true"/>
    ${request(2, '[authentication]')}<recv response="200"/>
  </scenario>`;
}

/** Takes back every registration of an extension, those of phones that were killed, too. */
export async function forgetPhones(account: SipAccount): Promise<void> {
  await register({ account, contact: '*', expiresS: 0 });
}

/**
 * Sends a REGISTER with digest authentication for each account, one after another from one port, and waits for their 200. In
 * `contact`, `[field0]` stands for the account's user.
 */
export async function registerAll(options: {
  accounts: readonly SipAccount[];
  contact: string;
  expiresS: number;
  localPort: number;
}): Promise<void> {
  const { accounts, contact, expiresS, localPort } = options;
  const [first] = accounts;
  if (first === undefined) return;
  const scenario = registerScenario({ user: '[field0]', contact, expiresS }).replace('[authentication]', '[field1]');
  const lines = accounts.map(({ user, password }) => `${user};[authentication username=${user} password=${password}]`);
  const folder = await temporaryFolder('accounts');
  const sipp = await writeFile(join(folder, 'accounts.csv'), `SEQUENTIAL\n${lines.join('\n')}\n`).then(() =>
    Sipp.start({
      scenario,
      account: first,
      args: ['-m', String(accounts.length), '-r', '100', '-inf', join(folder, 'accounts.csv')],
      localPort,
    }),
  );
  try {
    await sipp.finished(30_000 + 100 * accounts.length);
  } finally {
    await sipp.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends one REGISTER with digest authentication and waits for its 200. */
export async function register(options: {
  account: SipAccount;
  contact: string;
  expiresS: number;
  localPort?: number;
}): Promise<void> {
  const { account, contact, expiresS, localPort } = options;
  const scenario = registerScenario({ user: account.user, contact, expiresS });
  const sipp = await Sipp.start({
    scenario,
    account,
    args: ['-m', '1'],
    ...(localPort === undefined ? {} : { localPort }),
  });
  try {
    await sipp.finished(30_000);
  } finally {
    await sipp.close();
  }
}
