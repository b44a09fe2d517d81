import { shown } from '../config/findings.ts';
import { PENALTY_MAX } from '../core/queue/penalty-rules.ts';
import { splitArguments } from './arguments.ts';
import type { ConfOption } from './asterisk/conf.ts';
import { type Draft, type ExtensionRow, NUMBER_LENGTH_MAX } from './draft.ts';
import { isTrue } from './options/convert.ts';

const WRAP_UP_MAX_S = 86_400;
/** What `extension.interface` takes. */
const INTERFACE = /^[^\s|,&]{1,80}$/;

/** `member => interface,penalty,name,state_interface,ringinuse,wrapuptime,paused` as it is meant. */
interface Member {
  readonly interface: string;
  readonly penalty: number;
  readonly name: string | null;
  readonly stateInterface: string | null;
  readonly ringInUse: boolean | null;
  readonly wrapUpMs: number | null;
  readonly isPaused: boolean;
  readonly notes: readonly string[];
}

/** Members of queues become rows: of `extension`, and of `queue_member` in the order of the file. */
export class MemberRows {
  readonly #draft: Draft;
  readonly #isNegativeInvalid: boolean;
  readonly #positions = new Map<string, number>();
  /** `queue interface`; neither holds a space. */
  readonly #members = new Set<string>();

  /** `isNegativeInvalid`: what app_queue makes of negative penalties (`negative_penalty_invalid`): no member, else 0. */
  constructor(draft: Draft, { isNegativeInvalid }: { isNegativeInvalid: boolean }) {
    this.#draft = draft;
    this.#isNegativeInvalid = isNegativeInvalid;
  }

  add(option: ConfOption, queue: string): void {
    const entry = { ...option, section: `[${queue}]`, option: option.name, path: null };
    const member = readMember(option.value, this.#isNegativeInvalid);
    const known = typeof member === 'string' ? undefined : this.#draft.extensionOf(member.interface);
    const isTwice = known !== undefined && this.#members.has(`${queue} ${known.interface}`);
    if (typeof member === 'string' || isTwice) {
      const note = isTwice
        ? 'is a member of this queue already; Asterisk takes the later line, here the first one counts'
        : String(member);
      this.#draft.entries.push({ ...entry, verdict: 'left', note });
      return;
    }
    const extension = known ?? this.#newExtension(member);
    const position = this.#positions.get(queue) ?? 0;
    this.#positions.set(queue, position + 1);
    this.#members.add(`${queue} ${member.interface}`);
    const { penalty, isPaused, ringInUse, wrapUpMs } = member;
    this.#draft.members.push({ queue, interface: member.interface, penalty, position, isPaused, ringInUse, wrapUpMs });
    const notes = [...member.notes, ...differences(member, extension)];
    const row = `extension ${extension.number}`;
    const note = notes.length === 0 ? row : `${row}; ${notes.join('; ')}`;
    this.#draft.entries.push({ ...entry, verdict: notes.length === 0 ? 'taken' : 'changed', note });
  }

  #newExtension({ interface: rung, name, stateInterface }: Member): ExtensionRow {
    const number = this.#draft.numberFor(numberOf(rung), rung);
    const row = { number, interface: rung, name, stateInterface, jid: null, lastHangup: null };
    this.#draft.addExtension(row);
    return row;
  }
}

/** A person has one name and one device here, whatever queue the calls are of. */
function differences({ name, stateInterface }: Member, extension: ExtensionRow): string[] {
  const notes: string[] = [];
  if (name !== null && name !== extension.name)
    notes.push(`the name is ${shown(extension.name)}, as in an earlier line`);
  if (stateInterface !== null && stateInterface !== extension.stateInterface)
    notes.push(`the device is ${shown(extension.stateInterface)}, as in an earlier line`);
  return notes;
}

/** `PJSIP/1000` and `Local/1000@agents` are extension 1000; `DAHDI/1` has no number, it is DAHDI-1. */
function numberOf(rung: string): string {
  const [, technology = '', resource = rung] = /^([^/]+)\/(.+)$/.exec(rung) ?? [];
  const isPhone = /^(?:pjsip|sip|iax2|local|sccp)$/i.test(technology);
  const name = isPhone ? (resource.split(/[@/]/, 1)[0] ?? '') : `${technology}-${resource}`;
  const plain = name.replace(/[^0-9A-Za-z*#+._-]+/g, '-').slice(0, NUMBER_LENGTH_MAX);
  return /[0-9A-Za-z*#]/.test(plain) ? plain : 'member';
}

function readMember(value: string, isNegativeInvalid: boolean): Member | string {
  const [written = '', penalty = '', name = '', state = '', ringInUse = '', wrapUp = '', paused = '', ...further] =
    splitArguments(value);
  const notes: string[] = [];
  const rung = written.replace(/^SIP\//i, 'PJSIP/');
  if (rung !== written)
    notes.push(`chan_sip is gone from Asterisk 21 on: ${rung} is rung, which pjsip.conf has to know`);
  if (!INTERFACE.test(rung)) return `${shown(rung)} is nothing that could be rung`;
  const limits = penaltyOf(penalty, isNegativeInvalid);
  if (typeof limits === 'string') return limits;
  const wrapUpSeconds = Number.parseInt(wrapUp, 10);
  if (further.length > 0) notes.push('there is more in the line than Asterisk reads');
  const device = state === '' ? null : state;
  if (device !== null && !INTERFACE.test(device)) notes.push(`${shown(device)} is no device that could be watched`);
  return {
    interface: rung,
    penalty: limits.penalty,
    name: name === '' ? null : name.slice(0, 80),
    stateInterface: device !== null && INTERFACE.test(device) ? device.replace(/^SIP\//i, 'PJSIP/') : null,
    ringInUse: ringInUse === '' ? null : isTrue(ringInUse),
    // 0 and nothing mean the queue's own in Asterisk.
    wrapUpMs: wrapUpSeconds > 0 ? Math.min(wrapUpSeconds, WRAP_UP_MAX_S) * 1000 : null,
    isPaused: isTrue(paused),
    notes: [...notes, ...limits.notes],
  };
}

function penaltyOf(written: string, isNegativeInvalid: boolean): { penalty: number; notes: string[] } | string {
  const penalty = Number.parseInt(written === '' ? '0' : written, 10);
  if (Number.isNaN(penalty)) return { penalty: 0, notes: [`the penalty ${shown(written)} is no number: 0`] };
  if (penalty < 0 && isNegativeInvalid)
    return `has the penalty ${penalty}, which means logged off with negative_penalty_invalid: no row is made`;
  if (penalty < 0) return { penalty: 0, notes: [`app_queue makes 0 of the penalty ${penalty}`] };
  if (penalty > PENALTY_MAX) return { penalty: PENALTY_MAX, notes: [`the greatest penalty is ${PENALTY_MAX}`] };
  return { penalty, notes: [] };
}
