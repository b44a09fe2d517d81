import type { HangupCause } from '../../src/ports/pbx.ts';

/** The reason of a call's abort signal: the channel is gone, or has left the application. */
export class HangupError extends Error {
  override readonly name = 'HangupError';
  readonly hangupCause: HangupCause;

  constructor(cause: HangupCause) {
    super(`The channel is gone: ${cause.text || cause.code}`);
    this.hangupCause = cause;
  }
}

/** Whether a stage ended because its caller hung up, which is no fault. */
export function isHangup(error: unknown): error is HangupError {
  return error instanceof HangupError;
}
