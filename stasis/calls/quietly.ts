import type { Call } from './call.ts';

/** Does something whose failure must not disturb the call; a fault is logged with what was tried. */
export async function quietly(call: Call, what: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    call.log.warn({ err: error, what }, 'Left undone');
  }
}
