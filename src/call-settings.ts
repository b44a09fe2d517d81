import type { CallSettings } from '../stasis/calls/call-room.ts';
import type { Config } from './config/config.ts';
import { promptMedia } from './core/ivr/flow-definition.ts';

const media = (prompts: readonly string[]) => prompts.map(promptMedia);

/** The part of the configuration that calls need, with prompts as media. */
export function callSettings({
  language,
  ivr,
  queues,
  musicClasses,
  sounds,
  defaultQueue,
  customerCodeLookup,
  members,
  limits,
  xmpp,
  database,
  queueing,
  queueLog,
}: Config): CallSettings {
  const { prompts } = members;
  return {
    language,
    ivr,
    queues: queues.map((queue) => ({
      ...queue,
      nobodyPrompt: media(queue.nobodyPrompt),
      memberAnnounce: media(queue.memberAnnounce),
      recording: queue.recording && { ...queue.recording, consent: media(queue.recording.consent) },
      acceptByKey: queue.acceptByKey && { ...queue.acceptByKey, prompt: media(queue.acceptByKey.prompt) },
    })),
    queueing,
    musicClasses,
    soundFormats: sounds.formats,
    defaultQueue,
    customerCodeLookup,
    callerId: members.callerId,
    callsMax: limits.calls,
    busyPrompt: media(limits.busyPrompt),
    memberPrompts: {
      wait: media(prompts.wait),
      loggedIn: media(prompts.loggedIn),
      loginFailed: media(prompts.loginFailed),
      loggedOut: media(prompts.loggedOut),
      logoutFailed: media(prompts.logoutFailed),
      paused: media(prompts.paused),
      pauseFailed: media(prompts.pauseFailed),
      unpaused: media(prompts.unpaused),
      unpauseFailed: media(prompts.unpauseFailed),
    },
    announce: xmpp.announce,
    publishWaitMs: xmpp.publishWaitMs,
    databaseWaitMs: database.awayLimitMs,
    queueLog: {
      hasIvr: queueLog.hasIvr,
      hasCallerName: queueing.logCallerIdName,
      hasRestrictedCallerId: queueing.logRestrictedCallerId,
    },
  };
}
