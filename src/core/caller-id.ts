import type { Caller, Customer } from './people.ts';

/** What a member's phone shows, as configured: text with `{queue} {customer} {id} {code} {caller} {name}`. */
export interface CallerIdTemplate {
  readonly name: string;
  readonly number: string;
}

/** What the placeholders stand for. */
export interface CallerIdValues {
  readonly queueTitle: string;
  readonly customer: Customer | null;
  readonly caller: Caller;
}

/** Fills the template in. Without a customer `{customer}` is the caller's own name or number, so that the phone never shows an empty place. */
export function fillCallerId(template: CallerIdTemplate, values: CallerIdValues): Caller {
  return { name: fill(template.name, values), number: fill(template.number, values) };
}

function fill(template: string, { queueTitle, customer, caller }: CallerIdValues): string | null {
  const replacements: Readonly<Record<string, string>> = {
    queue: queueTitle,
    customer: customer?.name || caller.name || caller.number || '',
    id: customer?.id ?? '',
    code: customer?.code ?? '',
    caller: caller.number ?? '',
    name: caller.name ?? '',
  };
  const text = template
    .replace(/\{(\w+)\}/g, (all, key: string) => (Object.hasOwn(replacements, key) ? (replacements[key] ?? all) : all))
    .trim();
  return text === '' ? null : text;
}
