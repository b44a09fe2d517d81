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
}: Config): CallSettings {
  const { wait, loggedIn, loginFailed, loggedOut, logoutFailed } = members.prompts;
  return {
    language,
    ivr,
    queues: queues.map((queue) => ({
      ...queue,
      nobodyPrompt: media(queue.nobodyPrompt),
      memberAnnounce: media(queue.memberAnnounce),
      acceptByKey: queue.acceptByKey && { ...queue.acceptByKey, prompt: media(queue.acceptByKey.prompt) },
    })),
    musicClasses,
    soundFormats: sounds.formats,
    defaultQueue,
    customerCodeLookup,
    callerId: members.callerId,
    callsMax: limits.calls,
    busyPrompt: media(limits.busyPrompt),
    memberPrompts: {
      wait: media(wait),
      loggedIn: media(loggedIn),
      loginFailed: media(loginFailed),
      loggedOut: media(loggedOut),
      logoutFailed: media(logoutFailed),
    },
    announce: xmpp.announce,
    publishWaitMs: xmpp.publishWaitMs,
    databaseWaitMs: database.awayLimitMs,
  };
}
