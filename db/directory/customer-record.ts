import type { Customer } from '../../src/core/people.ts';
import type { LookupRequest, LookupResult } from '../../src/ports/directory.ts';
import { storableCustomer } from '../text.ts';

/** What a source said: columns of a row or members of a JSON object, as text; `null` where there is nothing. */
export type SourceRecord = Readonly<Record<string, string | null>>;

/** One record is the customer, none is nobody; more than one is refused, because it would be a guess. */
export function resultOf(records: readonly SourceRecord[], request: LookupRequest): LookupResult {
  const [record, second] = records;
  if (record === undefined) return { type: 'not-found' };
  if (second !== undefined) return unavailable('the source knows more than one customer');
  const { id, name, code, ...rest } = record;
  if (!id || !name) return unavailable('the source did not say id and name');
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(rest)) if (value !== null) fields[key] = value;
  const customer: Customer = { id, name, code: code ?? (request.code === '' ? null : request.code), fields };
  return { type: 'found', customer: storableCustomer(customer) };
}

/** The source is at fault; `reason` is for the log and names no person. */
export function unavailable(reason: string): LookupResult {
  return { type: 'unavailable', reason };
}
