/** What happened on all lines since the start, for the log and for measuring. */
export interface MediaCounters {
  opened: number;
  failed: number;
  lost: number;
  /** A caller heard silence for a while: we came too late. */
  ranDry: number;
  xoffs: number;
  refreshes: number;
  /** Frames of 20 ms that were heard twice, and not at all, because a beat slipped into a refresh. */
  framesRepeated: number;
  framesSkipped: number;
  /** Messages with a caller's voice that came before it was muted: two or three for each line, and none later. */
  voiceMessages: number;
}

export function freshCounters(): MediaCounters {
  return {
    opened: 0,
    failed: 0,
    lost: 0,
    ranDry: 0,
    xoffs: 0,
    refreshes: 0,
    framesRepeated: 0,
    framesSkipped: 0,
    voiceMessages: 0,
  };
}
