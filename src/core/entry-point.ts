import { type QueueName, queueName } from './ids.ts';

/** Where a call wants to go, as the dialplan's `Stasis(queueapp,…)` says. */
export type EntryPoint =
  /** `Stasis(queueapp)`: the IVR's start. */
  | { readonly type: 'start' }
  | { readonly type: 'menu'; readonly step: string }
  | { readonly type: 'queue'; readonly queue: QueueName }
  | { readonly type: 'login'; readonly queue: QueueName }
  | { readonly type: 'logout'; readonly queue: QueueName }
  /** `Stasis(queueapp,pause,QUEUE,REASON)` and `…unpause…`; without a queue all of the member's. */
  | { readonly type: 'pause' | 'unpause'; readonly queue: QueueName | null; readonly reason: string }
  /** The older `Stasis(queueapp,ID|CUSTOMER NAME)`: straight into the default queue with that customer. */
  | { readonly type: 'customer'; readonly id: string; readonly name: string }
  /** A leg of ours that came back; it explains itself. */
  | { readonly type: 'leg' }
  | { readonly type: 'unknown'; readonly args: readonly string[] };

/** First argument of every leg that the application creates. */
export const LEG_ARGUMENT = 'leg';

/** Reads the arguments of `Stasis()`. A comma in an older customer name splits it into arguments; it is put back. */
export function readEntryPoint(args: readonly string[]): EntryPoint {
  const [kind = '', name = '', ...more] = args;
  if (kind === '') return { type: 'start' };
  if (kind === LEG_ARGUMENT) return { type: 'leg' };
  if (kind.includes('|')) return readCustomer(args.join(','));
  if (kind === 'pause' || kind === 'unpause') {
    // A comma in the reason has split it into arguments.
    return { type: kind, queue: name === '' ? null : queueName(name), reason: more.join(',').trim() };
  }
  if (name === '') return { type: 'unknown', args };
  if (kind === 'menu') return { type: 'menu', step: name };
  if (kind === 'queue' || kind === 'login' || kind === 'logout') return { type: kind, queue: queueName(name) };
  return { type: 'unknown', args };
}

/** The id stands before the first `|`; the name may hold further ones. */
function readCustomer(text: string): EntryPoint {
  const bar = text.indexOf('|');
  const id = text.slice(0, bar).trim();
  if (id === '') return { type: 'unknown', args: [text] };
  return { type: 'customer', id, name: text.slice(bar + 1).trim() };
}
