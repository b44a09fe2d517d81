/** Where Asterisk's HTTP server is, and how many lines there may be. */
export interface MediaSettings {
  /** `http://127.0.0.1:8088` or `https://…`, as for ARI. */
  readonly url: string;
  /** Lines at a time: as many as calls. Read anew for each line. */
  readonly linesMax: number;
  /** Address of ours to which Asterisk can send RTP. @default the one from which it is reached */
  readonly rtpAddress?: string | undefined;
}

/** Times and sizes of the audio wire, in milliseconds; README.md has what they were measured with. Tests change some. */
export interface MediaTimes {
  /** How far ahead of the caller's ear audio is sent. @default 1200 */
  readonly leadMs: number;
  /** For laying a line, from the request to its first block. @default 2000 */
  readonly openMs: number;
  /** For Asterisk to hang a media channel up; its end goes on behind our back after that. @default 500 */
  readonly removeMs: number;
  /** Between two marks by which a line learns what Asterisk has played. @default 5000 */
  readonly markEveryMs: number;
  /** A mark that is late by so much: Asterisk plays nothing, and is sent nothing until it comes. @default 2000 */
  readonly stallMs: number;
  /** For a sign of life from a connection after Asterisk was out of reach. @default 1000 */
  readonly doubtMs: number;
  /** For Asterisk's word on how much it has queued, when the programme changed; then the clock counts. @default 60 */
  readonly statusMs: number;
}

export const MEDIA_LIMITS: MediaTimes = {
  leadMs: 1200,
  openMs: 2000,
  removeMs: 500,
  markEveryMs: 5000,
  stallMs: 2000,
  doubtMs: 1000,
  statusMs: 60,
};

/** Asterisk takes one such frame from its queue at each beat of its timer, whatever the format. */
export const FRAME_MS = 20;
