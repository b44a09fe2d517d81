import type { MemberPrompts } from '../../src/config/config.ts';
import type { QueueName } from '../../src/core/ids.ts';
import { isAppError } from '../../src/errors.ts';
import type { Call } from './call.ts';
import type { CallRoom } from './call-room.ts';
import type { LoginOutcome, LogoutOutcome, Memberships } from './memberships.ts';
import { startPlaying } from './playing.ts';

const CONGESTION = 'tone:congestion';
const CONGESTION_MS = 2_000;

/** What the dialplan asked for, and from which phone. */
export interface DeskRequest {
  readonly action: 'login' | 'logout';
  readonly queue: QueueName;
  /** Asterisk's name of the channel; its endpoint is the authenticated one. */
  readonly channelName: string;
}

type DeskOutcome = LoginOutcome | LogoutOutcome | 'unavailable';

/** `*56466*` and `*564633*`: please wait a moment, then confirmation or failure, then the congestion tone and hang-up. */
export async function memberDesk(
  room: CallRoom,
  memberships: Memberships,
  call: Call,
  request: DeskRequest,
): Promise<void> {
  await room.pbx.answer(call.channelId);
  call.isAnswered = true;
  await startPlaying(room, call, room.settings.memberPrompts.wait).finished;
  const isOpen = request.action === 'logout' || room.queues.open(request.queue) !== undefined;
  const outcome = isOpen ? await decide(memberships, call, request) : 'unknown-queue';
  call.log.info({ action: request.action, queue: request.queue, outcome }, 'Member desk');
  await startPlaying(room, call, promptFor(request.action, outcome, room.settings.memberPrompts)).finished;
  const tone = startPlaying(room, call, [CONGESTION]);
  const cancel = room.clock.after(CONGESTION_MS, () => {
    tone.stop().catch(() => undefined);
  });
  await tone.finished.finally(cancel);
  await room.pbx.hangup(call.channelId);
}

/** Whose phone calls: `PJSIP/1000-0000002a` → `PJSIP/1000`. Never caller id, which anybody may present. */
export function interfaceOf(channelName: string): string {
  return channelName.replace(/-[0-9a-f]+(;\d)?$/i, '');
}

async function decide(memberships: Memberships, call: Call, request: DeskRequest): Promise<DeskOutcome> {
  const { queue, action, channelName } = request;
  try {
    const extension = await memberships.extensionByInterface(interfaceOf(channelName));
    if (extension === null) return 'unknown-extension';
    return await memberships[action]({ queue, extension, uniqueId: call.uniqueId });
  } catch (error) {
    if (!isAppError(error)) throw error;
    call.log.error({ err: error }, 'Login or logout failed');
    return 'unavailable';
  }
}

/** Logging in twice is confirmed; logging out without being logged in is not. */
function promptFor(action: DeskRequest['action'], outcome: DeskOutcome, prompts: MemberPrompts): readonly string[] {
  if (outcome === 'logged-in' || outcome === 'already') return prompts.loggedIn;
  if (outcome === 'logged-out') return prompts.loggedOut;
  return action === 'login' ? prompts.loginFailed : prompts.logoutFailed;
}
