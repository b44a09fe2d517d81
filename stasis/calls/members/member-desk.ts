import type { MemberPrompts } from '../../../src/config/config.ts';
import type { QueueName } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import { isAppError } from '../../../src/errors.ts';
import type { MemberChange } from '../../../src/ports/member-requests.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';
import { startPlaying } from '../hold/playing.ts';
import { quietly } from '../quietly.ts';
import { interfaceOf } from './interface-of.ts';
import type { LoginOutcome, LogoutOutcome, Memberships } from './memberships.ts';

const CONGESTION = 'tone:congestion';
const CONGESTION_MS = 2_000;

/** What the dialplan asked for, and from which phone. */
export interface DeskRequest {
  readonly action: DeskAction;
  /** `null`: all queues of the member, for a pause and its end. */
  readonly queue: QueueName | null;
  /** Why the member pauses; may be empty. */
  readonly reason: string;
  /** Asterisk's name of the channel; its endpoint is the authenticated one. */
  readonly channelName: string;
}

type DeskAction = 'login' | 'logout' | 'pause' | 'unpause';
type DeskOutcome = LoginOutcome | LogoutOutcome | MemberChange | 'unavailable';

interface StatusWords {
  readonly variable: string;
  readonly words: Partial<Record<DeskOutcome, string>>;
}
const STATUS: Readonly<Record<DeskAction, StatusWords>> = {
  login: {
    variable: 'AQMSTATUS',
    words: { 'logged-in': 'ADDED', already: 'MEMBERALREADY', 'unknown-queue': 'NOSUCHQUEUE' },
  },
  logout: {
    variable: 'RQMSTATUS',
    words: { 'logged-out': 'REMOVED', 'not-logged-in': 'NOTINQUEUE', 'unknown-queue': 'NOSUCHQUEUE' },
  },
  pause: { variable: 'PQMSTATUS', words: { done: 'PAUSED', already: 'PAUSED', 'not-logged-in': 'NOTFOUND' } },
  unpause: { variable: 'UPQMSTATUS', words: { done: 'UNPAUSED', already: 'UNPAUSED', 'not-logged-in': 'NOTFOUND' } },
};

/** Login (`*56466*`), logout (`*564633*`), pause and its end: please wait a moment, then confirmation or failure, then the congestion tone and hang-up. */
export async function memberDesk(
  room: CallRoom,
  memberships: Memberships,
  call: Call,
  request: DeskRequest,
): Promise<void> {
  await room.pbx.answer(call.channelId);
  call.isAnswered = true;
  await startPlaying(room, call, room.settings.memberPrompts.wait).finished;
  const outcome = isMeant(room, request) ? await decide(memberships, call, request) : 'unknown-queue';
  call.log.info({ action: request.action, queue: request.queue, outcome }, 'Member desk');
  const [variable, status] = statusFor(request.action, outcome);
  await quietly(call, 'set-variables', () => room.pbx.setVariable(call.channelId, variable, status));
  await startPlaying(room, call, promptFor(request.action, outcome, room.settings.memberPrompts)).finished;
  const tone = startPlaying(room, call, [CONGESTION]);
  const cancel = room.clock.after(CONGESTION_MS, () => {
    tone.stop().catch(() => undefined);
  });
  await tone.finished.finally(cancel);
  await room.pbx.hangup(call.channelId);
}

/** Nobody may come to a queue that was taken away; who is in it may still leave it, or pause. */
function isMeant(room: CallRoom, { action, queue }: DeskRequest): boolean {
  return action !== 'login' || (queue !== null && room.queues.open(queue) !== undefined);
}

async function decide(memberships: Memberships, call: Call, request: DeskRequest): Promise<DeskOutcome> {
  try {
    const extension = await memberships.extensionByInterface(interfaceOf(request.channelName));
    if (extension === null) return 'unknown-extension';
    return await act(memberships, { ...request, extension, uniqueId: call.uniqueId });
  } catch (error) {
    if (!isAppError(error)) throw error;
    call.log.error({ err: error, action: request.action }, 'What the member asked for failed');
    return 'unavailable';
  }
}

async function act(
  memberships: Memberships,
  { action, queue, reason, extension, uniqueId }: DeskRequest & { extension: Extension; uniqueId: string },
): Promise<DeskOutcome> {
  if (action === 'pause' || action === 'unpause') {
    return await memberships.pause({ extension, queue, isPaused: action === 'pause', reason });
  }
  return queue === null ? 'unknown-queue' : await memberships[action]({ queue, extension, uniqueId });
}

/** For the dialplan's hangup handler: the variables that AddQueueMember and its like set, with their words; FAILED is ours. */
function statusFor(action: DeskAction, outcome: DeskOutcome): readonly [variable: string, status: string] {
  const { variable, words } = STATUS[action];
  return [variable, words[outcome] ?? 'FAILED'];
}

/** What is so already is confirmed again; only logging out without being logged in is not. */
function promptFor(action: DeskAction, outcome: DeskOutcome, prompts: MemberPrompts): readonly string[] {
  const isDone = ['logged-in', 'already', 'logged-out', 'done'].includes(outcome);
  switch (action) {
    case 'login':
      return isDone ? prompts.loggedIn : prompts.loginFailed;
    case 'logout':
      return isDone ? prompts.loggedOut : prompts.logoutFailed;
    case 'pause':
      return isDone ? prompts.paused : prompts.pauseFailed;
    case 'unpause':
      return isDone ? prompts.unpaused : prompts.unpauseFailed;
    default:
      return action satisfies never;
  }
}
