import type { EntryId } from '../../../src/core/ids.ts';
import type { Target } from '../../../src/core/ivr/flow-definition.ts';
import type { Customer } from '../../../src/core/people.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';

/** Where a caller is in the IVR, kept on the channel itself: it lives as long as the call, and needs no cleaning up. */
const VARIABLE = 'QUEUEAPP_IVR';
/** Characters of a mark as it stands in a request; 22.10 refuses addresses of more than 8 kB. A customer with longer fields is kept without them. */
const MARK_LENGTH_MAX = 2_000;

/** Where a caller is in the menus. */
export interface IvrPlace {
  /** The menu, or the question for a code, that was heard last; `null`: none yet. */
  readonly step: string | null;
  readonly customer: Customer | null;
  /** Where the menus want the caller after the queue into which they have led; `null`: not into a queue yet. */
  readonly afterwards: Target | null;
}

/** What another process goes on with. */
export interface IvrMark extends IvrPlace {
  /** The caller's last place in a queue, from which they have come back to the menus; `null`: none. */
  readonly afterEntry: EntryId | null;
}

/** Keeps the mark for a call that came with these arguments. Settles when Asterisk has it; before a prompt, because it is not taken while one plays. */
export async function keepMark(
  pbx: Pick<Pbx, 'setVariable'>,
  { channelId }: Pick<Call, 'channelId'>,
  { mark, args }: { readonly mark: IvrMark; readonly args: readonly string[] },
): Promise<void> {
  const { step, customer, afterwards, afterEntry } = mark;
  const shorter: readonly (Customer | null)[] =
    customer === null ? [null] : [customer, { ...customer, fields: {} }, null];
  const texts = shorter.map((each) => JSON.stringify({ step, args, customer: each, afterwards, afterEntry }));
  const text = texts.find((each) => encodeURIComponent(each).length <= MARK_LENGTH_MAX);
  if (text !== undefined) await pbx.setVariable(channelId, VARIABLE, text);
}

/** Reads the mark of a channel that came with these arguments; `null` when there is none, or it is of an earlier visit. */
export async function readMark(
  pbx: Pick<Pbx, 'getVariable'>,
  { channelId, appArguments }: { readonly channelId: Call['channelId']; readonly appArguments: readonly string[] },
): Promise<IvrMark | null> {
  return parseMark((await pbx.getVariable(channelId, VARIABLE)) ?? '', appArguments);
}

function parseMark(text: string, args: readonly string[]): IvrMark | null {
  let mark: unknown;
  try {
    mark = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof mark !== 'object' || mark === null) return null;
  const { step, args: kept, customer, afterwards, afterEntry } = mark as Record<string, unknown>;
  if (!Array.isArray(kept) || kept.join() !== args.join()) return null;
  const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    step: textOrNull(step),
    customer: isCustomer(customer) ? customer : null,
    afterwards: textOrNull(afterwards),
    afterEntry: textOrNull(afterEntry) as EntryId | null,
  };
}

function isCustomer(value: unknown): value is Customer {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, code, fields } = value as Record<string, unknown>;
  const isText = (each: unknown): each is string => typeof each === 'string';
  if (!isText(id) || !isText(name) || !(code === null || isText(code))) return false;
  return typeof fields === 'object' && fields !== null && Object.values(fields).every(isText);
}
