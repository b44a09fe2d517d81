/** Asterisk's device states (`core show hints`, ARI `deviceStates`). */
export const DEVICE_STATES = [
  'UNKNOWN',
  'NOT_INUSE',
  'INUSE',
  'BUSY',
  'INVALID',
  'UNAVAILABLE',
  'RINGING',
  'RINGINUSE',
  'ONHOLD',
] as const;

export type DeviceState = (typeof DEVICE_STATES)[number];

/** Reads a word from the wire; anything unheard of counts as UNKNOWN, as in Asterisk. */
export function asDeviceState(word: string): DeviceState {
  return (DEVICE_STATES as readonly string[]).includes(word) ? (word as DeviceState) : 'UNKNOWN';
}

/** Whether app_queue (ringinuse=no) would ring the device: NOT_INUSE or UNKNOWN. */
export function isRingable(state: DeviceState): boolean {
  return state === 'NOT_INUSE' || state === 'UNKNOWN';
}
