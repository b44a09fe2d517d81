/** Modules that the application cannot do without, and what is missing without each. */
const WANTED_MODULES: Readonly<Record<string, string>> = {
  'app_stasis.so': 'Stasis() in the dialplan',
  'bridge_simple.so': 'conversations of two',
  'bridge_softmix.so': 'conversations with a supervisor',
  'chan_pjsip.so': 'SIP phones and PJSIP_DIAL_CONTACTS()',
  'func_callerid.so': 'the caller id on the phone of a member',
  'func_channel.so': 'language and music class of a caller',
  'res_ari.so': 'the REST interface',
  'res_ari_applications.so': 'subscriptions',
  'res_ari_asterisk.so': 'this check',
  'res_ari_bridges.so': 'conversations',
  'res_ari_channels.so': 'calls',
  'res_ari_device_states.so': 'the state of phones',
  'res_ari_events.so': 'events',
  'res_ari_model.so': 'the REST interface',
  'res_ari_playbacks.so': 'stopping prompts',
  'res_ari_recordings.so': 'recordings of conversations',
  'res_ari_sounds.so': 'the list of sounds',
  'res_http_websocket.so': 'events',
  'res_musiconhold.so': 'music',
  'res_stasis.so': 'calls in the application',
  'res_stasis_answer.so': 'answering calls',
  'res_stasis_device_state.so': 'the state of phones',
  'res_stasis_playback.so': 'prompts',
  'res_stasis_recording.so': 'recordings of conversations',
  'res_stasis_snoop.so': 'sound for one party of a conversation, and its recording',
};

/** What carries a caller's own audio. */
const MEDIA_MODULE = { current: 'chan_websocket.so', older: 'chan_rtp.so' } as const;

/** A module that does not run, and what for it is needed. */
export interface MissingModule {
  readonly name: string;
  readonly purpose: string;
}

/** Reads the answer to `GET /asterisk/modules`. */
export function missingModules(modules: unknown, age: 'current' | 'older' = 'current'): readonly MissingModule[] {
  const running = new Set(Array.isArray(modules) ? modules.flatMap(runningName) : []);
  return Object.entries({ ...WANTED_MODULES, [MEDIA_MODULE[age]]: "every caller's own programme" })
    .filter(([name]) => !running.has(name))
    .map(([name, purpose]) => ({ name, purpose }));
}

function runningName(module: unknown): readonly string[] {
  if (typeof module !== 'object' || module === null || !('name' in module) || !('status' in module)) return [];
  return module.status === 'Running' && typeof module.name === 'string' ? [module.name] : [];
}

/** Releases of each branch that have everything: REST over WebSocket (20.14, 22.4) and audio over WebSocket (20.16, 22.6). */
const CURRENT_MINOR: Readonly<Record<number, number>> = { 20: 16, 22: 6 };
/** The oldest that was tried (Debian 11): requests go over HTTP, and a caller's own audio as RTP. */
const OLDEST = { major: 16, minor: 28 } as const;

/**
 * What a version as `GET /asterisk/info` gives it (`22.10.1+dfsg…`) is good for: `current` has everything, `older` gets what it lacks by other
 * ways that cost more. Unreadable ones (self-built) count as current.
 */
export function ageOf(version: string): 'current' | 'older' | 'too old' {
  const [, majorText, minorText] = /^(?:certified[-/])?(\d+)\.(\d+)/.exec(version) ?? [];
  if (majorText === undefined || minorText === undefined) return 'current';
  const [major, minor] = [Number(majorText), Number(minorText)];
  if (major > 22 || minor >= (CURRENT_MINOR[major] ?? Number.POSITIVE_INFINITY)) return 'current';
  return major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor) ? 'older' : 'too old';
}
