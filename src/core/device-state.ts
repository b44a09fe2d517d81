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

/** Of several devices the one that says most counts; nothing is known of a device that there is not. */
const BY_WEIGHT: readonly DeviceState[] = [
  'INVALID',
  'UNKNOWN',
  'UNAVAILABLE',
  'NOT_INUSE',
  'ONHOLD',
  'RINGING',
  'INUSE',
  'BUSY',
  'RINGINUSE',
];

/**
 * The state of a hint that stands for several devices, as Asterisk puts it together and app_queue understands it: a hint of which nothing
 * is known is free, and one whose devices are all unknown to Asterisk can't be reached.
 */
export function combinedState(states: readonly DeviceState[]): DeviceState {
  const isRinging = states.includes('RINGING');
  const isInUse = states.some((state) => state === 'INUSE' || state === 'BUSY' || state === 'ONHOLD');
  if (isRinging && isInUse) return 'RINGINUSE';
  const most = BY_WEIGHT.findLast((state) => states.includes(state)) ?? 'INVALID';
  if (most === 'UNKNOWN') return 'NOT_INUSE';
  return most === 'INVALID' ? 'UNAVAILABLE' : most;
}

/**
 * The state of one device that is known to several switches: in use anywhere is in use, registered anywhere is there. What a switch cannot
 * tell (UNKNOWN) may be there; a switch that knows no such device, or that it is not registered, says nothing of the others.
 */
export function stateAcross(states: readonly DeviceState[]): DeviceState {
  const isKnown = (state: DeviceState) => state !== 'INVALID' && state !== 'UNAVAILABLE' && state !== 'UNKNOWN';
  const known = states.filter(isKnown);
  if (known.length > 0) return combinedState(known);
  if (states.length === 0 || states.includes('UNKNOWN')) return 'UNKNOWN';
  return states.includes('UNAVAILABLE') ? 'UNAVAILABLE' : 'INVALID';
}

/** `hint:1000@internal` is no device, but stands for some. */
export const isHint = (device: string) => /^hint:/i.test(device);
