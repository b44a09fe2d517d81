import type { SwitchesSettings } from '../stasis/calls/switches/other-switches.ts';
import type { Config } from './config/config.ts';
import { monotonicClock } from './lib/clock.ts';

/** What calls need to know of the other switches; `null`: there is one. */
export function switchesSettings({ switches, switchesCloseAfterMs, database }: Config): SwitchesSettings | null {
  if (switches.length < 2) return null;
  return {
    switches: switches.map(({ name, sip }) => ({ name, sipAddress: sip })),
    leaseTimeMs: database.leaseMs,
    closeAfterMs: switchesCloseAfterMs,
    monotonic: monotonicClock,
  };
}
