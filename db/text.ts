import type { Customer } from '../src/core/people.ts';

/** Longest texts that are kept, in UTF-16 units; what is longer is cut. The tables' checks are at least as wide. */
export const CALLER_NUMBER_LENGTH_MAX = 100;
export const NAME_LENGTH_MAX = 1000;
const CUSTOMER_ID_LENGTH_MAX = 100;
const FIELD_LENGTH_MAX = 4000;
const FIELDS_MAX = 64;

/** Text that PostgreSQL takes: NUL and halves of surrogate pairs become U+FFFD, the length is cut. */
export function storableText(text: string, lengthMax: number): string {
  return text
    .slice(0, lengthMax)
    .replaceAll('\0', '\uFFFD')
    .replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** As {@link storableText}, keeping `null`. */
export function storableTextOrNull(text: string | null, lengthMax: number): string | null {
  return text === null ? null : storableText(text, lengthMax);
}

/** A customer within the limits: id 100, name 1,000, 64 fields of 4,000 characters; what is beyond is cut. */
export function storableCustomer(customer: Customer): Customer {
  return {
    id: storableText(customer.id, CUSTOMER_ID_LENGTH_MAX),
    name: storableText(customer.name, NAME_LENGTH_MAX),
    code: storableTextOrNull(customer.code, CUSTOMER_ID_LENGTH_MAX),
    fields: Object.fromEntries(
      Object.entries(customer.fields)
        .slice(0, FIELDS_MAX)
        .map(([name, value]) => [storableText(name, CUSTOMER_ID_LENGTH_MAX), storableText(value, FIELD_LENGTH_MAX)]),
    ),
  };
}
