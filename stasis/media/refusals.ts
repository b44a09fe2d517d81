import { AppError } from '../../src/errors.ts';

/** No line for this caller now. */
export function unavailable(reason: string, cause?: unknown): AppError {
  return new AppError('MEDIA_UNAVAILABLE', `No personal audio: ${reason}`, cause === undefined ? {} : { cause });
}

/** Whatever went wrong while a line was laid, as that. */
export function asUnavailable(error: unknown): AppError {
  if (error instanceof AppError && error.code === 'MEDIA_UNAVAILABLE') return error;
  return unavailable(error instanceof Error ? error.message : 'unknown', error);
}
