import { randomUUID } from 'node:crypto';
import { attemptId } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import type { ChannelSnapshot } from '../../../src/ports/pbx.ts';
import { interfaceOf } from '../members/interface-of.ts';
import { deviceOf } from '../members/member-board.ts';
import type { Ring } from '../queue/distributor.ts';
import { enterPhase, type Visit } from '../queue/queue-visit.ts';
import { type SentOn, untilTheyPart } from './conversation.ts';
import type { EndsEvent, Transfer } from './two-ends.ts';

/** Somebody of ours to whom a call was sent. */
export interface Party {
  readonly extension: Extension;
  /** They talk already; otherwise the phone rings first. */
  readonly isTalking: boolean;
  /** The stand-in's answer is theirs. It is not when Asterisk has joined the caller with a call that still rings. */
  readonly answersBySelf: boolean;
}

/** Who of those who are logged in somewhere, and have a node, gets a transferred call; `null`: nobody of them. */
export function partyOf(
  people: readonly Extension[],
  transfer: Transfer | null,
  standIn: ChannelSnapshot,
): Party | null {
  const byNumber = (number: string) => people.find((each) => each.number === number);
  const byChannel = (name: string) => people.find((each) => each.interface === interfaceOf(name));
  const party = (extension: Extension | undefined, isTalking: boolean, answersBySelf: boolean) =>
    extension === undefined ? null : { extension, isTalking, answersBySelf };
  const isUp = standIn.state === 'Up';
  if (transfer === null) return party(byChannel(standIn.name), isUp, true);
  if (transfer.type === 'blind') return party(byNumber(transfer.extension), isUp, true);
  if (transfer.meets !== null) return party(byChannel(transfer.meets), true, true);
  return transfer.target.type === 'APP' && transfer.target.application === 'Dial'
    ? party(byNumber(transfer.dialled), false, false)
    : null;
}

/**
 * The member's phone has sent the caller on: until one of the two goes who are together now, the item is on the node of the new party,
 * when that is somebody of ours. The bridge stays as it is.
 */
export async function followTransfer(visit: Visit, { transfer, standIn, ends }: SentOn): Promise<void> {
  const { room, call } = visit;
  const party = partyOf(room.board.loggedIn(), transfer, standIn);
  const item = party === null ? null : new MovedItem(visit, party);
  if (item === null) enterPhase(visit, 'talking');
  call.log.info({ extension: party?.extension.number ?? null }, 'The call goes on with another party');
  try {
    await untilTheyPart(room, call, ends, (event) => item?.heed(event));
  } finally {
    item?.end();
  }
}

/** The call's item on the node of the party to whom it was sent. */
class MovedItem {
  readonly #visit: Visit;
  readonly #party: Party;
  readonly #ring: Ring;
  readonly #unwatch: () => void;
  #isConnected = false;

  constructor(visit: Visit, party: Party) {
    this.#visit = visit;
    this.#party = party;
    const { extension } = party;
    this.#ring = { attemptId: attemptId(randomUUID()), extension };
    enterPhase(visit, 'talking', [this.#ring]);
    visit.news.sentTo(this.#ring);
    this.#unwatch = visit.room.pbx.subscribe((event) => {
      if (party.answersBySelf || event.type !== 'device-state' || event.device !== deviceOf(extension)) return;
      if (event.state === 'INUSE') this.#connect();
    });
    if (party.isTalking) this.#connect();
  }

  heed(event: EndsEvent): void {
    if (event.type === 'answered' && event.end === 'member' && this.#party.answersBySelf) this.#connect();
    // Sent on once more, by whoever sits there now: to whom is not known here.
    if (event.type === 'transferred' && event.end === 'member') this.end();
  }

  end(): void {
    this.#unwatch();
    if (this.#visit.room.announced.has(this.#ring.attemptId)) this.#visit.news.ended(this.#ring);
  }

  #connect(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#visit.news.connected(this.#ring);
  }
}
