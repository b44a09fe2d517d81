import type { QueueName } from '../../src/core/ids.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { Call } from './call.ts';
import { type CallRoom, quietly } from './call-room.ts';
import { CallNews } from './event-fan-out.ts';
import { isHangup } from './hangup-error.ts';
import { HoldSound } from './hold-sound.ts';
import { serveCaller } from './member-service.ts';
import { PlaceInLine } from './place-in-line.ts';
import { startPlaying } from './playing.ts';
import { type Place, type QueueStatus, takePlace } from './queue-entrance.ts';
import { enterPhase, type Stay } from './queue-visit.ts';
import { StandStill } from './stand-still.ts';

/** How a caller's time in a queue ended; a hang-up rejects instead, and a stop of the process with StandStill. */
export type QueueExit =
  | { readonly type: 'served'; readonly afterwards: QueueSettings['afterConversation']; readonly waitMs: number }
  | { readonly type: 'unserved'; readonly status: QueueStatus; readonly waitMs: number };

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
 *     └─refused└─max wait, nobody logged in──> unserved
 */
export async function queueStage(room: CallRoom, call: Call, { queue, greeting }: QueueRequest): Promise<QueueExit> {
  const settings = room.queues.get(queue);
  if (settings === undefined) return { type: 'unserved', status: 'UNKNOWN', waitMs: 0 };
  const startedAtMs = room.clock.now();
  if (!call.isAnswered) call.isAnswered = (await room.pbx.answer(call.channelId)) === 'done';
  const hold = new HoldSound(room, call, settings);
  hold.start(greeting);
  const place = await takePlace(room, call, settings);
  if (typeof place !== 'string') return await stayInQueue(room, call, { settings, place, hold, isNew: true });
  await hold.stop();
  if (place === 'JOINEMPTY') await sayNobodyIsThere({ room, call, settings });
  return { type: 'unserved', status: place, waitMs: room.clock.now() - startedAtMs };
}

/** A place in line, and what its caller hears. */
interface StayRequest {
  readonly settings: QueueSettings;
  readonly place: Place;
  readonly hold: HoldSound;
  /** Not so for a place taken over from a process that is gone: its members have been told. */
  readonly isNew: boolean;
}

/** From the place in line on. */
export async function stayInQueue(room: CallRoom, call: Call, request: StayRequest): Promise<QueueExit> {
  const { settings, place, hold, isNew } = request;
  const news = new CallNews(room, call, settings, place);
  if (isNew) news.entered();
  const line = new PlaceInLine(room, settings, place, call.signal);
  const stay: Stay = { room, call, settings, place, hold, line, news };
  try {
    return await waitAndTalk(stay);
  } catch (error) {
    if (!isHangup(error) && !(error instanceof StandStill)) await withdraw(stay);
    throw error;
  } finally {
    line.leave();
  }
}

async function waitAndTalk(stay: Stay): Promise<QueueExit> {
  const { room, call, settings, place, line } = stay;
  for (;;) {
    enterPhase(stay, 'waiting');
    const next = await line.next().catch((error: unknown) => abandon(stay, error));
    if (next === 'max-wait') return await leaveUnserved(stay, 'EXITWITHTIMEOUT', 'TIMEOUT');
    if (next === 'nobody') return await leaveUnserved(stay, 'EXITEMPTY', 'LEAVEEMPTY');
    const outcome = await serveCaller(stay, next).finally(() => room.distributor.free(next));
    if (outcome.type === 'talked') {
      call.signal.throwIfAborted();
      const waitMs = outcome.connectedAtMs - place.joinedAtMs;
      return { type: 'served', afterwards: settings.afterConversation, waitMs };
    }
    if (!call.signal.aborted) room.distributor.missed(place.entryId, next, room.clock.now());
  }
}

async function leaveUnserved(
  { room, call, settings, place, hold, line }: Stay,
  outcome: 'EXITWITHTIMEOUT' | 'EXITEMPTY',
  status: QueueStatus,
): Promise<QueueExit> {
  line.leave();
  const atMs = room.clock.now();
  await quietly(call, 'leave-queue', () => room.store.leave({ entryId: place.entryId, outcome, atMs }));
  await hold.stop();
  if (outcome === 'EXITEMPTY') await sayNobodyIsThere({ room, call, settings });
  return { type: 'unserved', status, waitMs: atMs - place.joinedAtMs };
}

/** The caller hung up while waiting or ringing; any other end of the wait leaves the place as it is. */
async function abandon({ room, call, place, line, news }: Stay, error: unknown): Promise<never> {
  line.leave();
  if (!isHangup(error)) throw error;
  const atMs = room.clock.now();
  await quietly(call, 'abandon', () => room.store.leave({ entryId: place.entryId, outcome: 'ABANDON', atMs }));
  news.gaveUp(atMs - place.joinedAtMs);
  throw error;
}

/** A fault of ours ends the stay: the entry must not stay open without a call. */
async function withdraw({ room, call, place }: Stay): Promise<void> {
  const leave = { entryId: place.entryId, outcome: 'WITHDRAW', info: 'fault', atMs: room.clock.now() } as const;
  await quietly(call, 'withdraw', () => room.store.leave(leave));
}

async function sayNobodyIsThere(stay: Pick<Stay, 'room' | 'call' | 'settings'>): Promise<void> {
  const { room, call, settings } = stay;
  if (settings.nobodyPrompt.length > 0) await startPlaying(room, call, settings.nobodyPrompt).finished;
}
