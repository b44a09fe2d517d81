import type { QueueName } from '../../../src/core/ids.ts';
import type { Target } from '../../../src/core/ivr/flow-definition.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { DialplanTarget } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import { isHangup } from '../hangup-error.ts';
import { keyOwner } from '../hold/hold-keys.ts';
import { HoldSound } from '../hold/hold-sound.ts';
import { startPlaying } from '../hold/playing.ts';
import { StandStill } from '../hold/stand-still.ts';
import { quietly } from '../quietly.ts';
import { serveCaller } from '../ringing/member-service.ts';
import { setLeavingVariables } from '../talking/answer-variables.ts';
import type { Offer } from './distributor.ts';
import { CallNews } from './event-fan-out.ts';
import { ExitDigits } from './exit-digits.ts';
import { PlaceInLine, type WaitEnd } from './place-in-line.ts';
import { type Place, type QueueStatus, takePlace } from './queue-entrance.ts';
import { enterPhase, type Stay } from './queue-visit.ts';

/** How a caller's time in a queue ended; a hang-up rejects instead, and a stop of the process with StandStill. */
export type QueueExit =
  | { readonly type: 'served'; readonly afterwards: QueueSettings['afterConversation']; readonly waitMs: number }
  | { readonly type: 'by-key'; readonly target: Target; readonly waitMs: number }
  | { readonly type: 'to-extension'; readonly extension: DialplanTarget; readonly waitMs: number }
  | {
      readonly type: 'unserved';
      readonly status: QueueStatus;
      readonly waitMs: number;
      /** What was said with WITHDRAW. */
      readonly info?: string;
    };

/** In the place of words with WITHDRAW: the process was to end. */
export const DRAINED = 'drain';

/** Which queue, and what is said first while a member is looked for already. */
export interface QueueRequest {
  readonly queue: QueueName;
  readonly greeting: readonly string[];
}

/**
 * A caller's time in a queue, from the place in line to the end of the conversation. A member who does not take the call
 * leads back to waiting, in the same place with the same music.
 *
 *   enter ──> waiting ──offer──> ringing ──answer──> talking ──member hangs up──> served
 *     │        │   ^                │
 *     │        │   └────missed──────┘            a hang-up leads out of every state: ABANDON, talking COMPLETECALLER
 *     └─refused└─max wait, nobody logged in──> unserved; an exit key ──> by-key
 */
export async function queueStage(room: CallRoom, call: Call, { queue, greeting }: QueueRequest): Promise<QueueExit> {
  const settings = room.queues.open(queue);
  if (settings === undefined) return { type: 'unserved', status: 'UNKNOWN', waitMs: 0 };
  if (room.draining.signal.aborted) return { type: 'unserved', status: 'UNAVAILABLE', waitMs: 0 };
  const startedAtMs = room.clock.now();
  if (!call.isAnswered) call.isAnswered = (await room.pbx.answer(call.channelId)) === 'done';
  const bridge = new CallBridge(room, call);
  const hold = new HoldSound(room, call, settings, bridge);
  hold.start(greeting, consentOf(settings));
  const place = await takePlace(room, call, settings).catch(async (error: unknown) => {
    await endHold({ bridge, hold });
    throw error;
  });
  if (typeof place !== 'string') {
    noteEnd(room, call);
    return await stayInQueue(room, call, { settings, place, bridge, hold, isNew: true });
  }
  await endHold({ bridge, hold });
  if (place === 'JOINEMPTY') await sayNobodyIsThere({ room, call, settings });
  return { type: 'unserved', status: place, waitMs: room.clock.now() - startedAtMs };
}

/**
 * From now on the time of the caller's end is kept in Asterisk, too: not before the caller is in the database, so that whoever takes over knows of whom something
 * may be kept. Nobody waits for it: without it the end counts from when we hear of it.
 */
function noteEnd({ pbx }: CallRoom, call: Call): void {
  const { channelId } = call;
  const noting = call.isEndNoted ? () => pbx.pauseEndNote(channelId, false) : () => pbx.noteEnd(channelId);
  call.isEndNoted = true;
  quietly(call, 'note-end', noting).catch((error: unknown) =>
    call.log.error({ err: error }, 'An end will not be known'),
  );
}

/** A place in line, and what its caller hears. */
interface StayRequest {
  readonly settings: QueueSettings;
  readonly place: Place;
  readonly bridge: CallBridge;
  readonly hold: HoldSound;
  /** Not so for a place taken over from a process that is gone: its members have been told. */
  readonly isNew: boolean;
}

/** From the place in line on. */
export async function stayInQueue(room: CallRoom, call: Call, request: StayRequest): Promise<QueueExit> {
  const { settings, place, bridge, hold, isNew } = request;
  const news = new CallNews(room, call, settings, place);
  if (isNew) news.entered();
  hold.hasPlace(place);
  const line = new PlaceInLine(room, {
    channelId: call.channelId,
    settings,
    place,
    signal: call.signal,
    moved: (position) => hold.moved(position),
  });
  const stay: Stay = { room, call, settings, place, bridge, hold, line, news };
  const digits = exitDigitsOf(stay);
  const undigit = call.onDigit((digit) => pressed(stay, digit, digits));
  call.withdraw = (info) => {
    stay.withdrawal ??= info;
    line.exit();
  };
  try {
    return await waitAndTalk(stay);
  } catch (error) {
    if (error instanceof StandStill) await hold.standStill();
    else {
      if (!isHangup(error)) await withdraw(stay);
      await endHold(stay);
    }
    throw error;
  } finally {
    undigit();
    call.withdraw = null;
    digits?.close();
    line.leave();
  }
}

async function waitAndTalk(stay: Stay): Promise<QueueExit> {
  const { room, call, settings, place, line } = stay;
  for (;;) {
    enterPhase(stay, 'waiting');
    const next = await line.next().catch((error: unknown) => abandon(stay, error));
    if (typeof next === 'string') return await leave(stay, next);
    const outcome = await serveCaller(stay, next).finally(() => {
      for (const ring of next.rings) room.distributor.free(ring);
    });
    if (outcome.type === 'talked') {
      await outcome.afterwards;
      call.signal.throwIfAborted();
      await stay.bridge.remove();
      const waitMs = outcome.connectedAtMs - place.joinedAtMs;
      return { type: 'served', afterwards: settings.afterConversation, waitMs };
    }
    if (!call.signal.aborted) room.distributor.waitsAgain(place.entryId);
  }
}

/** Out of the queue without a conversation. */
function leave(stay: Stay, reason: Exclude<WaitEnd, Offer>): Promise<QueueExit> {
  switch (reason) {
    case 'exit':
      return stay.withdrawal === undefined ? leaveByKey(stay) : leaveWithdrawn(stay);
    case 'max-wait':
      return leaveUnserved(stay, 'EXITWITHTIMEOUT', 'TIMEOUT');
    case 'nobody':
      return leaveUnserved(stay, 'EXITEMPTY', 'LEAVEEMPTY');
    case 'drained':
      return leaveDrained(stay);
    default:
      return reason satisfies never;
  }
}

async function leaveUnserved(
  { room, call, settings, place, bridge, hold, line }: Stay,
  outcome: 'EXITWITHTIMEOUT' | 'EXITEMPTY',
  status: QueueStatus,
): Promise<QueueExit> {
  line.leave();
  const atMs = room.clock.now();
  await quietly(call, 'leave-queue', () => room.store.leave({ entryId: place.entryId, outcome, atMs }));
  await endHold({ bridge, hold });
  await setLeavingVariables({ room, call, settings });
  if (outcome === 'EXITEMPTY') await sayNobodyIsThere({ room, call, settings });
  return { type: 'unserved', status, waitMs: atMs - place.joinedAtMs };
}

/** To the step of the IVR that the key names, or to the extension that was typed. */
async function leaveByKey(stay: Stay): Promise<QueueExit> {
  const { room, call, settings, place, line, exit = { key: '' } } = stay;
  const typed = 'key' in exit ? exit.key : exit.extension.extension;
  line.leave();
  const atMs = room.clock.now();
  const leave = { entryId: place.entryId, outcome: 'EXITWITHKEY', info: typed, atMs } as const;
  await quietly(call, 'leave-queue', () => room.store.leave(leave));
  await endHold(stay);
  await setLeavingVariables(stay);
  call.log.info({ pii: { typed } }, 'Left the queue by a key');
  const waitMs = atMs - place.joinedAtMs;
  if ('extension' in exit) return { type: 'to-extension', extension: exit.extension, waitMs };
  return { type: 'by-key', target: settings.exitKeys[exit.key] ?? 'dialplan', waitMs };
}

/** Somebody has taken the caller out; the dialplan hears why. */
async function leaveWithdrawn(stay: Stay): Promise<QueueExit> {
  const { room, call, place, line } = stay;
  const info = stay.withdrawal ?? '';
  line.leave();
  const atMs = room.clock.now();
  const leave = { entryId: place.entryId, outcome: 'WITHDRAW', info, atMs } as const;
  await quietly(call, 'leave-queue', () => room.store.leave(leave));
  await endHold(stay);
  call.log.info('Withdrawn from the queue');
  return { type: 'unserved', status: 'WITHDRAW', info, waitMs: atMs - place.joinedAtMs };
}

/** The process is to end, and no other one is there: the dialplan has its fallback. */
async function leaveDrained(stay: Stay): Promise<QueueExit> {
  const { room, call, place, line } = stay;
  line.leave();
  const atMs = room.clock.now();
  const leave = { entryId: place.entryId, outcome: 'WITHDRAW', info: DRAINED, atMs } as const;
  await quietly(call, 'leave-queue', () => room.store.leave(leave));
  await endHold(stay);
  await setLeavingVariables(stay);
  call.log.info('Draining: out of the queue, back to the dialplan');
  return { type: 'unserved', status: 'UNAVAILABLE', waitMs: atMs - place.joinedAtMs };
}

/** The caller hung up while waiting or ringing; any other end of the wait leaves the place as it is. */
async function abandon({ room, call, place, line, news }: Stay, error: unknown): Promise<never> {
  line.leave();
  if (!isHangup(error)) throw error;
  const atMs = room.ends.atMs(call.channelId, room.clock.now(), place.joinedAtMs);
  await quietly(call, 'abandon', () => room.store.leave({ entryId: place.entryId, outcome: 'ABANDON', atMs }));
  news.gaveUp(atMs - place.joinedAtMs);
  throw error;
}

/** A fault of ours ends the stay: the entry must not stay open without a call. */
async function withdraw({ room, call, place }: Stay): Promise<void> {
  const leave = { entryId: place.entryId, outcome: 'WITHDRAW', info: 'fault', atMs: room.clock.now() } as const;
  await quietly(call, 'withdraw', () => room.store.leave(leave));
}

/** A digit while the caller waits or a member is rung; in a conversation it is the two people's. */
function pressed(stay: Stay, digit: string, digits: ExitDigits | null): void {
  const { settings, hold, line } = stay;
  if (!isWaiting(stay)) return;
  const owner = keyOwner(digit, { exit: settings.exitKeys, programme: hold.keys });
  const toProgramme = () => {
    if (owner === 'programme' && isWaiting(stay)) hold.pressed(digit);
  };
  if (owner === 'exit') {
    stay.exit ??= { key: digit };
    line.exit();
  } else if (digits === null) toProgramme();
  else digits.pressed(digit, toProgramme);
}

const isWaiting = ({ call: { phase } }: Stay) => phase.name === 'waiting' || phase.name === 'ringing';

/** `null`: no context of the dialplan leads out of this queue. */
function exitDigitsOf(stay: Stay): ExitDigits | null {
  const { room, call, settings, line } = stay;
  if (settings.exitContext === null) return null;
  const leave = (extension: DialplanTarget) => {
    if (!isWaiting(stay)) return;
    stay.exit ??= { extension };
    line.exit();
  };
  return new ExitDigits({ room, call, context: settings.exitContext, leave });
}

/** The caller is alone on the channel again, and nothing is heard. */
async function endHold({ bridge, hold }: Pick<Stay, 'bridge' | 'hold'>): Promise<void> {
  await hold.stop();
  await bridge.remove();
}

/** What a caller has to hear before the conversation is recorded: said while they wait, so that no answer is delayed. */
export function consentOf({ recording }: QueueSettings): readonly string[] {
  return recording?.start === 'at-connect' ? recording.consent : [];
}

export async function sayNobodyIsThere(stay: Pick<Stay, 'room' | 'call' | 'settings'>): Promise<void> {
  const { room, call, settings } = stay;
  if (settings.nobodyPrompt.length > 0) await startPlaying(room, call, settings.nobodyPrompt).finished;
}
