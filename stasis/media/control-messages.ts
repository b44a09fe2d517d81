/** What Asterisk tells over a media connection, as far as anybody here cares. */
export type MediaEvent =
  | { readonly type: 'start'; readonly format: string; readonly frameBytes: number }
  | { readonly type: 'status'; readonly queueLength: number }
  /** All audio that was sent before the mark has been taken from the queue; `id` is what the mark was sent with. */
  | { readonly type: 'mark'; readonly id: number }
  | { readonly type: 'xoff' }
  | { readonly type: 'xon' };

/** A queue is some 1,000 frames long at most (QUEUE_LENGTH_MAX of chan_websocket). */
const QUEUE_LENGTH_MAX = 100_000;
const FRAME_BYTES_MAX = 65_536;

/** Reads one control message; `undefined` for what is not needed here, 'absurd' for what no Asterisk says. */
export function parseMediaEvent(text: string): MediaEvent | 'absurd' | undefined {
  const message = parseObject(text);
  if (message === undefined || typeof message['event'] !== 'string') return 'absurd';
  switch (message['event']) {
    case 'MEDIA_START': {
      const { format, optimal_frame_size: frameBytes } = message;
      return typeof format === 'string' && isCount(frameBytes, FRAME_BYTES_MAX)
        ? { type: 'start', format, frameBytes }
        : 'absurd';
    }
    case 'STATUS': {
      const queueLength = message['queue_length'];
      return isCount(queueLength, QUEUE_LENGTH_MAX) ? { type: 'status', queueLength } : 'absurd';
    }
    case 'MEDIA_MARK_PROCESSED': {
      const id = message['correlation_id'];
      return typeof id === 'string' && /^\d{1,15}$/.test(id) ? { type: 'mark', id: Number(id) } : 'absurd';
    }
    case 'MEDIA_XOFF':
      return { type: 'xoff' };
    case 'MEDIA_XON':
      return { type: 'xon' };
    default:
      return undefined;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Asterisk answers with STATUS. */
export const GET_STATUS = Buffer.from('{"command":"GET_STATUS"}');
/** Asterisk forgets what it has queued, marks included. */
export const FLUSH_MEDIA = Buffer.from('{"command":"FLUSH_MEDIA"}');

/** Asterisk answers with MEDIA_MARK_PROCESSED when it takes the frame that follows. */
export function markMedia(id: number): string {
  return `{"command":"MARK_MEDIA","correlation_id":"${id}"}`;
}
