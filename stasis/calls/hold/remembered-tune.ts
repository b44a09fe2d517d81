import { isAppError } from '../../../src/errors.ts';
import { delay } from '../../../src/lib/clock.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';

/** Longest wait for the caller's tune before the music begins without it. */
const RECALL_LIMIT_MS = 300;

/** The tune that the caller chose last in this class (E2); `null` for callers who withhold their number, and when the database does not say in time. */
export async function recallTune(
  { callerMusic, clock }: CallRoom,
  call: Call,
  musicClass: string,
): Promise<string | null> {
  const { number } = call.caller;
  if (number === null) return null;
  const isOver = new AbortController();
  const recalled = callerMusic.recall({ number, musicClass }).catch((error: unknown) => {
    if (!isAppError(error)) throw error;
    call.log.warn({ err: error }, "The caller's tune is not known: the database does not answer");
    return null;
  });
  const late = delay(clock, RECALL_LIMIT_MS, isOver.signal).then(
    () => {
      call.log.info(
        { limitMs: RECALL_LIMIT_MS },
        "The caller's tune is not known in time: the music begins without it",
      );
      return null;
    },
    () => null,
  );
  return await Promise.race([recalled, late]).finally(() => isOver.abort());
}

/** Keeps the caller's choice, at the key press; nobody waits for it. */
export function rememberTune(
  { callerMusic, clock }: CallRoom,
  call: Call,
  choice: { musicClass: string; track: string },
): void {
  const { number } = call.caller;
  if (number === null) return;
  callerMusic.remember({ number, ...choice, atMs: clock.now() }).catch((error: unknown) => {
    call.log.error({ err: error }, "The caller's tune could not be kept");
  });
}
