import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { fillSample, type Replacement } from '../../../install/private-stack/samples.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { Changes } from '../phones/waiting.ts';
import { eventually } from './eventually.ts';

/** An address of its own on loopback: phones and strangers have another one, and must not be taken for Kamailio. */
export const KAMAILIO_HOST = '127.0.0.9';
const EXTENSIONS = ['1000', '2000', '3000'] as const;

export interface KamailioOptions {
  readonly folder: string;
  readonly port: number;
  /** `host:port` of each switch's SIP. */
  readonly switches: readonly string[];
  readonly password: string;
}

const sample = (file: string) => readFileSync(join(CHECKOUT, 'install', file), 'utf8');
const line = (was: string, becomes: string): Replacement => ({ line: was, becomes });

/** The shipped configuration of Kamailio, in a process of its own. */
export class Kamailio {
  readonly #options: KamailioOptions;
  readonly #changes = new Changes();
  #child: ChildProcess | undefined;
  /** What it has written so far. */
  said = '';

  constructor(options: KamailioOptions) {
    this.#options = options;
    const { folder, port, switches, password } = options;
    for (const name of ['accounts', 'run']) mkdirSync(join(folder, name), { recursive: true });
    for (const part of ['standard', 'usrloc']) {
      const input = readFileSync(`/usr/share/kamailio/db_sqlite/${part}-create.sql`);
      execFileSync('sqlite3', [join(folder, 'registrations.sqlite')], { input });
    }
    const accounts = ['1000', '2000', '3000', 'caller'].map((user) =>
      line(`${user}:queueapp:CHANGE-ME-${user.toUpperCase()}`, `${user}:queueapp:${password}`),
    );
    this.#write('accounts/subscriber', fillSample('kamailio/subscriber', sample('kamailio/subscriber'), accounts));
    const hosts = ['10.0.0.1:5060', '10.0.0.2:5060'].map((host, index) =>
      line(`1 sip:${host}`, switches[index] === undefined ? '# none' : `1 sip:${switches[index]}`),
    );
    this.#write('dispatcher.list', fillSample('kamailio/dispatcher.list', sample('kamailio/dispatcher.list'), hosts));
    const places = [
      line('listen=udp:10.0.0.5:5060', `listen=udp:${KAMAILIO_HOST}:${port}`),
      line(
        '#!define ACCOUNTS_URL "text:///etc/kamailio/queueapp"',
        `#!define ACCOUNTS_URL "text://${join(folder, 'accounts')}"`,
      ),
      line(
        '#!define REGISTRATIONS_URL "sqlite:////var/lib/kamailio/queueapp.sqlite"',
        `#!define REGISTRATIONS_URL "sqlite:///${join(folder, 'registrations.sqlite')}"`,
      ),
      line(
        'modparam("dispatcher", "list_file", "/etc/kamailio/dispatcher.list")',
        `modparam("dispatcher", "list_file", "${join(folder, 'dispatcher.list')}")`,
      ),
    ];
    this.#write('kamailio.cfg', fillSample('kamailio/kamailio.cfg', sample('kamailio/kamailio.cfg'), places));
  }

  /** Starts it and waits until it listens. */
  async start(): Promise<void> {
    const { folder } = this.#options;
    const from = this.said.length;
    const options = ['-DD', '-E', '-m', '32', '-M', '4', '-f', join(folder, 'kamailio.cfg')];
    const places = ['-Y', join(folder, 'run'), '-w', folder, '-P', join(folder, 'run/kamailio.pid')];
    // A group of its own: killing the first process alone would leave its children.
    const child = spawn('/usr/sbin/kamailio', [...options, ...places], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.once('error', (error) => this.#heard(String(error)));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => this.#heard(String(chunk)));
    child.once('exit', (status) => this.#heard(`ended with ${status}\n`));
    await eventually(`Kamailio answers (${this.said.slice(from)})`, () => this.#answers());
  }

  /** Waits until it has written this. */
  async says(what: string, text: string, from = 0): Promise<void> {
    await this.#changes.until(
      () => this.said.includes(text, from) || undefined,
      { what: `Kamailio: ${what}`, limitMs: 30_000 },
      () => `: ${this.said.slice(-2_000)}`,
    );
  }

  /** Ends it at once, its children too. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }

  // It does not say when it is ready.
  async #answers(): Promise<boolean> {
    if (this.#child?.exitCode != null) throw new Error(`Kamailio has ended: ${this.said}`);
    const { port } = this.#options;
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      const own = `127.0.0.1:${socket.address().port}`;
      const headers = [
        `OPTIONS sip:${KAMAILIO_HOST}:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${own};rport`,
        'Max-Forwards: 5',
        `From: <sip:test@${own}>;tag=1`,
        `To: <sip:${KAMAILIO_HOST}:${port}>`,
        `Call-ID: ${own}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
      ];
      const reply = once(socket, 'message', { signal: AbortSignal.timeout(200) });
      socket.send(`${headers.join('\r\n')}\r\n\r\n`, port, KAMAILIO_HOST);
      const [message] = await reply;
      return String(message).startsWith('SIP/2.0 200');
    } catch (error) {
      // Not by its class: a test's own classes of errors are others.
      if ((error as Error).name === 'AbortError') return false;
      throw error;
    } finally {
      socket.close();
    }
  }

  #heard(text: string): void {
    this.said += text;
    this.#changes.notify();
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.#options.folder, name), text, { mode: 0o600 });
  }
}

/** Gives a stack's Asterisk a name and has it take calls from Kamailio only, with the shipped pjsip.conf for it. */
export async function putBehind(stack: Stack, { port, name }: { port: number; name: string }): Promise<void> {
  const { SIP_HOST, SIP_PORT, QUEUEAPP_RUN } = stack.env;
  const text = fillSample('kamailio/pjsip.conf', sample('kamailio/pjsip.conf'), [
    line('bind = 10.0.0.1:5060', `bind = ${SIP_HOST}:${SIP_PORT}`),
    line('match = 10.0.0.5', `match = ${KAMAILIO_HOST}`),
    line('permit = 10.0.0.5/255.255.255.255', `permit = ${KAMAILIO_HOST}/255.255.255.255`),
    ...EXTENSIONS.map((extension) =>
      line(`contact = sip:${extension}@10.0.0.5:5060`, `contact = sip:${extension}@${KAMAILIO_HOST}:${port}`),
    ),
  ]);
  const etc = join(QUEUEAPP_RUN, 'asterisk/etc');
  writeFileSync(join(etc, 'pjsip.conf'), text);
  // Channels of two switches in one database must not have the same ids.
  const main = readFileSync(join(etc, 'asterisk.conf'), 'utf8').replace('systemname = pbx', `systemname = ${name}`);
  writeFileSync(join(etc, 'asterisk.conf'), main);
  await stack.restart('asterisk');
}
