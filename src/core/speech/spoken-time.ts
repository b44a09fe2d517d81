/** A length of time as it is told: whole minutes, and seconds below a minute. */
export interface SpokenTime {
  readonly minutes: number;
  readonly seconds: number;
}

/** Beyond a day a wait is not told to the minute: longer ones are told as this. */
const SPOKEN_MINUTES_MAX = 1440;

/** The whole minutes and seconds of a length of time; what is not one is none. */
export function spokenTime(ms: number): SpokenTime {
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.floor(ms / 1000)) : 0;
  const minutes = Math.floor(seconds / 60);
  if (minutes >= SPOKEN_MINUTES_MAX) return { minutes: SPOKEN_MINUTES_MAX, seconds: 0 };
  return { minutes, seconds: seconds % 60 };
}
