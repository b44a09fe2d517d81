import type { Call } from './call.ts';
import type { CallRoom } from './call-room.ts';

/** What CUSTOMER_CODE may hold; anything else is no code. */
const CODE = /^[0-9A-Za-z*#-]{1,32}$/;
/** Longest time that a call to a queue is held up by the lookup. */
const LOOKUP_LIMIT_MS = 5_000;

/** Knows the customer by the channel variable CUSTOMER_CODE, if the dialplan set it. A source that is down leaves the call without one. */
export async function customerOfDialplan({ settings, pbx, directory, clock }: CallRoom, call: Call): Promise<void> {
  const lookup = settings.customerCodeLookup;
  if (lookup === null || call.customer !== null) return;
  const code = await pbx.getVariable(call.channelId, 'CUSTOMER_CODE');
  if (code === undefined || !CODE.test(code)) return;
  const limit = new AbortController();
  const giveUp = () => limit.abort(call.signal.reason);
  const cancel = clock.after(LOOKUP_LIMIT_MS, giveUp);
  call.signal.addEventListener('abort', giveUp, { once: true });
  try {
    const result = await directory.lookup({ lookup, code, caller: call.caller, signal: limit.signal });
    if (result.type === 'found') call.customer = result.customer;
    else call.log.info({ lookup, result: result.type }, 'No customer for CUSTOMER_CODE');
  } finally {
    cancel();
    call.signal.removeEventListener('abort', giveUp);
  }
}
