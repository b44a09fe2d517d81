import { Baresip, CommandRefused, type EndpointOptions } from './baresip.ts';
import { Call } from './call.ts';
import type { Limit } from './call-view.ts';
import { dialFrom } from './caller.ts';
import type { SipMessage } from './sip-message.ts';
import { pause } from './waiting.ts';

/** What is waited for besides before a talk ends. */
type Until = () => Promise<unknown>;

/** What a phone does when it rings; times in milliseconds. */
export type Behaviour =
  | { readonly act: 'nothing' }
  | { readonly act: 'answer'; readonly afterMs?: number; readonly hangUpAfterMs?: number; readonly until?: Until }
  | {
      readonly act: 'transfer';
      readonly afterMs: number;
      readonly talkMs: number;
      readonly number: string;
      readonly until?: Until;
    }
  | { readonly act: 'busy'; readonly afterMs?: number };

/** It rings until somebody else gives up. */
export const neverAnswers: Behaviour = { act: 'nothing' };
/** It is picked up after a time, and hung up some time later if so wanted. */
export function answers(afterMs = 0, hangUpAfterMs?: number): Behaviour {
  return { act: 'answer', afterMs, ...(hangUpAfterMs === undefined ? {} : { hangUpAfterMs }) };
}
/** It is picked up after a time, and some time later sends its partner to a number. */
export function answersAndTransfers(afterMs: number, talkMs: number, number: string): Behaviour {
  return { act: 'transfer', afterMs, talkMs, number };
}
/** It refuses with 486, after a time if so wanted. */
export function isBusy(afterMs = 0): Behaviour {
  return { act: 'busy', afterMs };
}

/** A phone's registration and what it does. */
export interface PhoneOptions extends Omit<EndpointOptions, 'registers'> {
  /** @default neverAnswers */
  readonly behaviour?: Behaviour;
}

/** A registered phone. */
export class Phone {
  /** Calls that came in, oldest first. */
  readonly rings: Call[] = [];
  readonly #baresip: Baresip;
  readonly #deeds = new Set<Promise<void>>();
  readonly #misdeeds: unknown[] = [];
  #behaviour: Behaviour;
  #read = 0;
  #taken = 0;
  #isClosed = false;

  private constructor(baresip: Baresip, behaviour: Behaviour) {
    this.#baresip = baresip;
    this.#behaviour = behaviour;
  }

  /** Starts a phone and waits until it is registered. */
  static async plugIn(options: PhoneOptions): Promise<Phone> {
    const baresip = await Baresip.start({ ...options, registers: true });
    const phone = new Phone(baresip, options.behaviour ?? neverAnswers);
    try {
      await phone.#registered(0);
      phone.#listen();
      return phone;
    } catch (error) {
      await baresip.close();
      throw error;
    }
  }

  /** What it does from the next call on. */
  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  /** Waits for the next call that nobody has waited for yet. */
  async ring({ limitMs = 30_000 }: Limit = {}): Promise<Call> {
    const wanted = this.#taken;
    this.#taken += 1;
    try {
      return await this.#baresip.changes.until(() => this.rings[wanted], {
        what: `ring ${wanted + 1} of ${this.#baresip.account.user}`,
        limitMs,
      });
    } catch (error) {
      this.#taken -= 1;
      throw error;
    }
  }

  /** Dials from this phone. */
  dial(number: string): Promise<Call> {
    return dialFrom(this.#baresip, number);
  }

  /** Takes the registration back and waits until the server has confirmed it. */
  async unregister(): Promise<void> {
    const from = this.#baresip.messages.length;
    await this.#baresip.command('uadel', this.#aor);
    await this.#registered(from);
  }

  /** Pulls the plug: from now on it answers nothing at all, its registration stays. `plugBack` undoes it. */
  unplug(): void {
    this.#baresip.signal('SIGSTOP');
  }

  /** Lets an unplugged phone go on where it was; it answers late what had come meanwhile. */
  plugBack(): void {
    this.#baresip.signal('SIGCONT');
  }

  /** Kills the phone without any good-bye: its port is closed, its registration stays. */
  kill(): void {
    this.#baresip.signal('SIGKILL');
  }

  /** Ends the phone; fails when something that it should have done by its behaviour did not work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#baresip.close();
    await Promise.all(this.#deeds);
    if (this.#misdeeds.length > 0)
      throw new AggregateError(this.#misdeeds, `Phone ${this.#baresip.account.user}: ${this.#misdeeds.join('; ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #aor(): string {
    const { user, host, port } = this.#baresip.account;
    return `sip:${user}@${host}:${port}`;
  }

  async #registered(from: number): Promise<void> {
    const isDone = ({ method, status }: SipMessage): boolean => method === 'REGISTER' && status === 200;
    const found = (): SipMessage | undefined => this.#baresip.messages.slice(from).find(isDone);
    const seen = (): string =>
      `: ${this.#baresip.messages.map(({ method, status }) => `${method} ${status ?? ''}`).join(', ')}`;
    await this.#baresip.changes.until(found, { what: `the registration of ${this.#aor}`, limitMs: 30_000 }, seen);
  }

  #listen(): void {
    const { changes, messages } = this.#baresip;
    changes.watch(() => {
      for (; this.#read < messages.length; this.#read += 1) {
        const message = messages[this.#read];
        if (message?.direction === 'in' && message.method === 'INVITE' && message.status === undefined)
          this.#ring(message);
      }
    });
  }

  #ring(invite: SipMessage): void {
    // A re-INVITE, or one that was sent again.
    if (this.rings.some(({ callId }) => callId === invite.callId)) return;
    const call = new Call(this.#baresip, invite);
    this.rings.push(call);
    const deed = this.#act(call, this.#behaviour).catch(async (error: unknown) => {
      if (!(await this.#isOver(call, error))) this.#misdeeds.push(error);
    });
    this.#deeds.add(deed);
  }

  /** Nothing can be done in a call that is over. A phone that refuses for that reason tells of the end on another way, which may be read later. */
  async #isOver(call: Call, error: unknown): Promise<boolean> {
    const look = () => this.#isClosed || call.ending !== undefined || undefined;
    if (!(error instanceof CommandRefused)) return look() ?? false;
    const wait = { what: 'the end of a call that the phone does not know any more', limitMs: 30_000 };
    return await this.#baresip.changes.until(look, wait).catch(() => false);
  }

  async #act(call: Call, behaviour: Behaviour): Promise<void> {
    if (behaviour.act === 'nothing') return;
    await pause(behaviour.afterMs ?? 0);
    if (call.ending || this.#isClosed) return;
    if (behaviour.act === 'busy') {
      await call.hangup();
      return;
    }
    await call.answer();
    if (behaviour.act === 'transfer') {
      await pause(behaviour.talkMs);
      await behaviour.until?.();
      if (!(call.ending || this.#isClosed)) await call.transfer(behaviour.number);
      return;
    }
    if (behaviour.hangUpAfterMs === undefined) return;
    await pause(behaviour.hangUpAfterMs);
    await behaviour.until?.();
    if (!(call.ending || this.#isClosed)) await call.hangup();
  }
}
