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
  'res_ari_sounds.so': 'the list of sounds',
  'res_http_websocket.so': 'events',
  'res_musiconhold.so': 'music',
  'res_stasis.so': 'calls in the application',
  'res_stasis_answer.so': 'answering calls',
  'res_stasis_device_state.so': 'the state of phones',
  'res_stasis_playback.so': 'prompts',
};

/** A module that does not run, and what for it is needed. */
export interface MissingModule {
  readonly name: string;
  readonly purpose: string;
}

/** Reads the answer to `GET /asterisk/modules`. */
export function missingModules(modules: unknown): readonly MissingModule[] {
  const running = new Set(Array.isArray(modules) ? modules.flatMap(runningName) : []);
  return Object.entries(WANTED_MODULES)
    .filter(([name]) => !running.has(name))
    .map(([name, purpose]) => ({ name, purpose }));
}

function runningName(module: unknown): readonly string[] {
  if (typeof module !== 'object' || module === null || !('name' in module) || !('status' in module)) return [];
  return module.status === 'Running' && typeof module.name === 'string' ? [module.name] : [];
}

/** Releases of each branch that have what is needed: REST over WebSocket (20.14, 22.4) and audio over WebSocket (20.16, 22.6). */
const OLDEST_MINOR: Readonly<Record<number, number>> = { 20: 16, 22: 6 };

/** Whether a version as `GET /asterisk/info` gives it (`22.10.1+dfsg…`) is new enough; unreadable ones (self-built) count as new enough. */
export function isNewEnough(version: string): boolean {
  const [, major, minor] = /^(?:certified[-/])?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return true;
  if (Number(major) > 22) return true;
  return Number(minor) >= (OLDEST_MINOR[Number(major)] ?? Number.POSITIVE_INFINITY);
}
