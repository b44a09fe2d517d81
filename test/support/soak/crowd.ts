import { type Chance, chanceFrom } from '../chance.ts';
import { type Dialog, dialogsOf } from '../invariants/dialogs.ts';
import { callerScenario, type PhoneHabits, phoneScenario } from '../phones/load-scenarios.ts';
import { freePort } from '../phones/processes.ts';
import { describeSip, type SipMessage } from '../phones/sip-message.ts';
import { registerAll, Sipp } from '../phones/sipp.ts';
import { MENU_NUMBER, QUEUE_NUMBER } from './settings.ts';
import type { SoakStage } from './stage.ts';

/** Patient callers would wait so long, which no round lasts. */
const PATIENCE_MS = 600_000;
/** Longer than a round, so that nobody has to register again. */
const REGISTRATION_S = 7_200;
/** Of a call that does not end, so many messages are shown. */
const LAST_MESSAGES = 12;
/** The key is pressed while the menu is heard, or a little later. */
const PRESS_AFTER_MS = 1_300;

/** A kind of callers: so many of them call at once, and again and again until they are told to end. */
interface Callers {
  /** The first digits of their numbers. */
  readonly prefix: string;
  readonly dials: typeof MENU_NUMBER | typeof QUEUE_NUMBER;
  readonly atOnce: number;
  /** `null`: until the other side hangs up. */
  readonly stayMs: number | null;
}

/** Numbers of callers who wait as long as it takes. */
export function isPatient(caller: string): boolean {
  return /^7[125]/.test(caller);
}

/** Numbers of those who call when all is over, one for each phone that answers. */
export function isOfRollCall(caller: string): boolean {
  return caller.startsWith('75');
}

/** Members' phones: what each does in a round; those that answer come first. */
export const HABITS: readonly PhoneHabits[] = [
  { ringMs: 400, act: 'answer', talkMs: 2_500 },
  { ringMs: 700, act: 'answer', talkMs: 1_800 },
  { ringMs: 150, act: 'answer', talkMs: 2_200, holdMs: 500 },
  { ringMs: 0, act: 'answer', talkMs: 1_200 },
  { ringMs: 500, act: 'busy', talkMs: 0 },
  { ringMs: 0, act: 'never', talkMs: 0 },
];
/** So many of them answer. */
export const ANSWERING = HABITS.filter(({ act }) => act === 'answer').length;

/** Callers and phones of one round (sipp, signalling and keys), with the trace of every message. */
export class Crowd {
  readonly #stage: SoakStage;
  readonly #round: number;
  readonly #callers: Sipp[] = [];
  readonly #phones: Sipp[] = [];

  private constructor(stage: SoakStage, round: number) {
    this.#stage = stage;
    this.#round = round;
  }

  /** Plugs the phones in; nobody calls yet. */
  static async plugIn(stage: SoakStage, round: number): Promise<Crowd> {
    const crowd = new Crowd(stage, round);
    try {
      for (const [index, extension] of stage.members.entries()) await crowd.#plugIn(extension, index);
      return crowd;
    } catch (error) {
      await crowd.close();
      throw error;
    }
  }

  /** People begin to call: patient ones and such that hang up at some time, by the menu and straight into the queue. */
  async call(seed: number): Promise<void> {
    const chance = chanceFrom(seed);
    for (const kind of kinds(chance)) await this.#call(kind, { everyMs: 400 + chance(500) });
  }

  /** So many patient callers at once, and waits until they have been served. */
  async rollCall(callers: number, limitMs: number): Promise<boolean> {
    const kind = { prefix: '75', dials: QUEUE_NUMBER, atOnce: callers, stayMs: null } as const;
    const sipp = await this.#call(kind, { everyMs: 20, calls: callers });
    return await sipp.program.ended(limitMs);
  }

  /** Nobody else calls; answers which calls have not ended within the limit, with what was said in them last. */
  async finish(limitMs: number): Promise<readonly string[]> {
    for (const sipp of this.#callers) sipp.finish();
    const ended = await Promise.all(this.#callers.map((sipp) => sipp.program.ended(limitMs)));
    if (ended.every((each) => each)) return [];
    const ofAll = await Promise.all([...this.#callers, ...this.#phones].map((sipp) => sipp.readAll()));
    return ['callers whose phones do not end', ...ofAll.flatMap((messages) => openCalls(messages))];
  }

  /** What all ends have seen up to now. */
  async dialogs(): Promise<{ readonly callers: readonly Dialog[]; readonly phones: readonly Dialog[] }> {
    const read = async (all: readonly Sipp[]) =>
      (await Promise.all(all.map((sipp) => sipp.readAll()))).flatMap((messages) => dialogsOf(messages));
    return { callers: await read(this.#callers), phones: await read(this.#phones) };
  }

  /** Ends everybody. */
  async close(): Promise<void> {
    await Promise.all([...this.#callers, ...this.#phones].map((sipp) => sipp.close()));
    const accounts = this.#stage.members.map((extension) => this.#stage.sip(extension));
    await registerAll({ accounts, contact: '*', expiresS: 0, localPort: await freePort() });
  }

  async #plugIn(extension: string, index: number): Promise<void> {
    const localPort = await freePort();
    const accounts = [this.#stage.sip(extension)];
    // From the very port that the calls shall come to: Asterisk's `rewrite_contact` takes the sender's address.
    await registerAll({
      accounts,
      contact: '<sip:[field0]@[local_ip]:[local_port]>',
      expiresS: REGISTRATION_S,
      localPort,
    });
    const habits = HABITS[index % HABITS.length];
    if (habits === undefined) throw new Error('There are no habits');
    this.#phones.push(await Sipp.start({ scenario: phoneScenario(habits), localPort, keepsMessages: true }));
  }

  async #call(kind: Callers, { everyMs, calls = 100_000 }: { everyMs: number; calls?: number }): Promise<Sipp> {
    const { prefix, dials, atOnce, stayMs } = kind;
    const account = this.#stage.sip('caller');
    const number = `${prefix}${String(this.#round).padStart(3, '0')}[call_number]`;
    const scenario = callerScenario({
      user: account.user,
      from: `<sip:${number}@${account.host}>`,
      patienceMs: PATIENCE_MS,
      stayMs: stayMs ?? undefined,
      afterAnswer: dials === MENU_NUMBER && stayMs === null ? PRESS : '',
    });
    const rate = ['-r', '1', '-rp', String(everyMs), '-l', String(atOnce), '-m', String(calls)];
    const args = ['-s', dials, ...rate];
    const sipp = await Sipp.start({ scenario, account, args, localPort: await freePort(), keepsMessages: true });
    this.#callers.push(sipp);
    return sipp;
  }
}

/** Calls of a phone without an end, each with its last messages. */
function openCalls(messages: readonly SipMessage[]): string[] {
  const calls = [...new Set(messages.map(({ callId }) => callId))].map((id) =>
    messages.filter((each) => each.callId === id),
  );
  const isOpen = (call: readonly SipMessage[]) => !call.some(({ method }) => method === 'BYE' || method === 'CANCEL');
  const told = (call: readonly SipMessage[]) =>
    call.slice(-LAST_MESSAGES).map((message) => `\n${describeSip(message, call[0]?.atMs ?? 0)}`);
  const named = (call: readonly SipMessage[]) => call[0]?.headers.get('from') ?? 'somebody';
  return calls.filter(isOpen).map((call) => `${named(call)}${told(call).join('')}`);
}

const PRESS = `<pause milliseconds="${PRESS_AFTER_MS}"/>
    <nop><action><exec play_dtmf="1"/></action></nop>`;

function kinds(chance: Chance): readonly Callers[] {
  return [
    { prefix: '71', dials: QUEUE_NUMBER, atOnce: 4, stayMs: null },
    { prefix: '72', dials: MENU_NUMBER, atOnce: 4, stayMs: null },
    { prefix: '73', dials: QUEUE_NUMBER, atOnce: 2, stayMs: 500 + chance(6_000) },
    { prefix: '74', dials: MENU_NUMBER, atOnce: 1, stayMs: 500 + chance(4_000) },
    { prefix: '76', dials: QUEUE_NUMBER, atOnce: 1, stayMs: 4_000 + chance(8_000) },
  ];
}
