import { join } from 'node:path';
import { Program, temporaryFolder } from '../phones/processes.ts';
import { Changes } from '../phones/waiting.ts';

/** Who connects where: the values of `install/stack env`. */
export interface XmppAccount {
  readonly jid: string;
  readonly password: string;
  /** `xmpp://HOST:PORT` (STARTTLS) or `xmpps://HOST:PORT` (direct TLS). */
  readonly service: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly ca: string;
  readonly resource?: string;
}

/** An item that a node published or keeps; `payload` is its XML. */
export interface Item {
  readonly id: string;
  readonly payload: string;
}

interface Moment {
  /** Wall clock, milliseconds, as the client saw it. */
  readonly atMs: number;
  /** The client's steady clock, milliseconds: for differences. */
  readonly monotonicMs: number;
  /** For so long the client had not had its turn by then: within that time it came. */
  readonly lateMs: number;
}

/** What the client saw, in the order in which it came. */
export type XmppEvent = Moment &
  (
    | { readonly event: 'connected'; readonly jid: string; readonly tls: string }
    | { readonly event: 'disconnected'; readonly reason: string }
    | { readonly event: 'failed'; readonly reason: string }
    | { readonly event: 'presence'; readonly from: string; readonly type: string; readonly show: string }
    | ({ readonly event: 'item'; readonly node: string; readonly from: string } & Item)
    | { readonly event: 'retract'; readonly node: string; readonly id: string; readonly from: string }
    | { readonly event: 'delete'; readonly node: string; readonly from: string }
    | { readonly event: 'purge'; readonly node: string; readonly from: string }
    | { readonly event: 'subscription'; readonly node: string; readonly subscription: string; readonly from: string }
    | {
        readonly event: 'message';
        readonly from: string;
        readonly type: string;
        readonly body: string;
        /** The other children of the message, and the whole message, as XML. */
        readonly children: readonly string[];
        readonly xml: string;
      }
  );

/** The event of one kind. */
export type XmppEventOf<Kind extends XmppEvent['event']> = Extract<XmppEvent, { readonly event: Kind }>;

type Reply = { readonly event: 'reply'; readonly token: number; readonly result?: unknown; readonly error?: string };

/** Debian's Python, which has python3-slixmpp; another one in the PATH may not. */
const PYTHON = '/usr/bin/python3';
const CONNECT_LIMIT_MS = 30_000;
const REPLY_LIMIT_MS = 30_000;

/** An XMPP client that is not this project's library: slixmpp in a process of its own. */
export class XmppClient {
  readonly events: XmppEvent[] = [];
  readonly #program: Program;
  readonly #changes = new Changes();
  readonly #replies = new Map<number, Reply>();
  readonly #name: string;
  #unread = '';
  #seen = 0;
  #commands = 0;

  protected constructor(program: Program, account: XmppAccount) {
    this.#program = program;
    this.#name = account.jid;
  }

  /** Starts the client of a class and waits until it is online; fails when it is refused, or does not trust the server. */
  protected static async start<Client extends XmppClient>(
    make: (program: Program) => Client,
    account: XmppAccount,
  ): Promise<Client> {
    const url = new URL(account.service);
    const folder = await temporaryFolder('xmpp');
    let onOutput: (text: string) => void = () => {};
    const program = await Program.start(PYTHON, [join(import.meta.dirname, 'xmpp_client.py')], folder, (text) =>
      onOutput(text),
    );
    const client = make(program);
    onOutput = (text) => client.#read(text);
    const { jid, password, ca, resource } = account;
    client.#tell({
      jid,
      password,
      ca,
      resource,
      host: url.hostname,
      port: Number(url.port),
      directTls: url.protocol === 'xmpps:',
    });
    try {
      await client.#online();
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /**
   * Waits for the first event that fits and that came after the one which the last `next` answered: what is asked for
   * one after the other has come in that order.
   */
  next<Kind extends XmppEvent['event']>(
    kind: Kind,
    fits: (event: XmppEventOf<Kind>) => boolean = () => true,
    { limitMs = 30_000 }: { limitMs?: number } = {},
  ): Promise<XmppEventOf<Kind>> {
    const look = (): XmppEventOf<Kind> | undefined => {
      for (let index = this.#seen; index < this.events.length; index += 1) {
        const event = this.events[index];
        if (event && isOf(event, kind) && fits(event)) {
          this.#seen = index + 1;
          return event;
        }
      }
      return undefined;
    };
    const since = (): string => `; since then ${this.#name} saw ${JSON.stringify(this.events.slice(this.#seen))}`;
    return this.#changes.until(look, { what: `${kind} at ${this.#name}`, limitMs }, since);
  }

  /** All events of one kind so far. */
  all<Kind extends XmppEvent['event']>(kind: Kind): XmppEventOf<Kind>[] {
    return this.events.filter((event): event is XmppEventOf<Kind> => isOf(event, kind));
  }

  /** Sends a chat message, with one more child element if so wanted. */
  async send(to: string, body: string, xml?: string): Promise<void> {
    await this.command({ do: 'send', to, body, xml });
  }

  /** Sends presence; without `show`, simply online. */
  async presence(show?: 'away' | 'dnd' | 'xa' | 'chat' | 'unavailable'): Promise<void> {
    await this.command({ do: 'presence', show });
  }

  /** Sends the process a signal: one that stands still sees things late. */
  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** Goes offline and ends the process. */
  async close(): Promise<void> {
    await this.#program.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Gives the program a command and waits for its reply; an XMPP error becomes an `Error` with its condition. */
  protected async command(command: Record<string, unknown>): Promise<unknown> {
    this.#commands += 1;
    const token = this.#commands;
    this.#tell({ ...command, token });
    const what = `the reply to ${command['do']} at ${this.#name}`;
    const reply = await this.#changes.until(
      () => this.#replies.get(token),
      { what, limitMs: REPLY_LIMIT_MS },
      () => `\n${this.#program.output}`,
    );
    this.#replies.delete(token);
    if (reply.error !== undefined)
      throw new Error(`${command['do']} ${command['node'] ?? ''} was refused: ${reply.error}`);
    return reply.result;
  }

  async #online(): Promise<void> {
    const look = (): true | undefined => {
      const failure = this.all('failed')[0];
      if (failure) throw new Error(`${this.#name} is not online: ${failure.reason}`);
      if (!this.#program.isRunning) throw new Error(`The XMPP client ended:\n${this.#program.output}`);
      return this.all('connected').length > 0 ? true : undefined;
    };
    await this.#changes.until(
      look,
      { what: `${this.#name} to be online`, limitMs: CONNECT_LIMIT_MS },
      () => `\n${this.#program.output}`,
    );
  }

  #tell(line: Record<string, unknown>): void {
    this.#program.write(`${JSON.stringify(line)}\n`);
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) {
      const told = JSON.parse(line) as XmppEvent | Reply;
      if (told.event === 'reply') this.#replies.set(told.token, told);
      else this.events.push(told);
    }
    this.#changes.notify();
  }
}

function isOf<Kind extends XmppEvent['event']>(event: XmppEvent, kind: Kind): event is XmppEventOf<Kind> {
  return event.event === kind;
}
