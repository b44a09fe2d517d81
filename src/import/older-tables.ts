import { shown } from '../config/findings.ts';
import type { CustomerRow, Draft, Entry } from './draft.ts';
import { usableName } from './names.ts';

/** The tables of the older program, all values as PostgreSQL writes them. */
export interface OlderTables {
  readonly customers: readonly { readonly id: string; readonly name: string; readonly code: string }[];
  /** `sip`: telephones with their people. */
  readonly phones: readonly { readonly id: string; readonly extension: string; readonly jid: string }[];
  readonly queues: readonly { readonly id: string; readonly name: string }[];
  /** `queue_sip`: who is logged in where, and the end of the last call. */
  readonly memberships: readonly {
    readonly id: string;
    readonly queueId: string;
    readonly phoneId: string;
    readonly isLoggedIn: boolean;
    readonly lastHangup: string | null;
  }[];
}

/** What `extension.number` takes. */
const NUMBER = /^[0-9A-Za-z*#+._-]{1,40}$/;
const NAME_LENGTH_MAX = 1000;

/** Takes over customers, telephones, queues and memberships; `source` is the database as people may see it. */
export function importOlderTables(tables: OlderTables, draft: Draft, source: string): void {
  const entryOf = (table: string, id: string, option: string, value: string): Entry => ({
    ...{ file: source, line: Number(id), section: `table ${table}`, option, value },
    ...{ verdict: 'taken', note: null, path: null },
  });
  const queues = takeQueues(tables, draft, entryOf);
  const phones = takePhones(tables, draft, entryOf);
  takeMemberships(tables, { draft, entryOf, queues, phones });
  takeCustomers(tables, draft, entryOf);
  setWhatTheOlderProgramDid([...queues.values()], draft, source);
}

type EntryOf = (table: string, id: string, option: string, value: string) => Entry;

/** @returns names by id */
function takeQueues({ queues }: OlderTables, draft: Draft, entryOf: EntryOf): Map<string, string> {
  const names = new Map<string, string>();
  for (const { id, name: written } of queues) {
    const name = usableName(written.trim(), new Set(names.values()));
    names.set(id, name);
    draft.addGroup(['queues', name]);
    const entry = entryOf('queue', id, 'name', written);
    if (name !== written) {
      draft.set(['queues', name, 'title'], (written.trim() || name).slice(0, 80));
      Object.assign(entry, { verdict: 'changed', note: `the queue is named ${name}`, path: ['queues', name, 'title'] });
    }
    draft.entries.push(entry);
  }
  return names;
}

/** @returns numbers by id */
function takePhones({ phones, memberships }: OlderTables, draft: Draft, entryOf: EntryOf): Map<string, string> {
  const numbers = new Map<string, string>();
  const ends = lastEnds(memberships);
  for (const { id, extension, jid } of phones) {
    const number = extension.trim();
    const entry = entryOf('sip', id, 'extension', extension);
    draft.entries.push(entry);
    if (!NUMBER.test(number)) {
      Object.assign(entry, { verdict: 'left', note: `${shown(extension)} is no number of a telephone` });
      continue;
    }
    numbers.set(id, number);
    const rung = `PJSIP/${number}`;
    const given = draft.numberFor(number, rung);
    if (given !== number) {
      const note = `the number ${number} is that of another telephone: this one is extension ${given}`;
      Object.assign(entry, { verdict: 'changed', note });
    }
    draft.addExtension({
      ...{ number: given, interface: rung, name: null, stateInterface: null },
      ...{ jid: jid.trim() || null, lastHangup: ends.get(id) ?? null },
    });
  }
  return numbers;
}

/** One moment for each telephone here, whatever the queue: the latest one. */
function lastEnds(memberships: OlderTables['memberships']): Map<string, string> {
  const ends = new Map<string, string>();
  for (const { phoneId, lastHangup } of memberships) {
    if (lastHangup !== null && lastHangup > (ends.get(phoneId) ?? '')) ends.set(phoneId, lastHangup);
  }
  return ends;
}

interface MembershipContext {
  readonly draft: Draft;
  readonly entryOf: EntryOf;
  readonly queues: ReadonlyMap<string, string>;
  readonly phones: ReadonlyMap<string, string>;
}

function takeMemberships({ memberships }: OlderTables, { draft, entryOf, queues, phones }: MembershipContext): void {
  const positions = new Map<string, number>();
  const seen = new Set<string>();
  for (const { id, queueId, phoneId, isLoggedIn } of memberships) {
    const entry = entryOf('queue_sip', id, 'logged', `queue ${queueId}, sip ${phoneId}: ${isLoggedIn}`);
    draft.entries.push(entry);
    const queue = queues.get(queueId);
    const number = phones.get(phoneId);
    if (queue === undefined || number === undefined) {
      const missing = queue === undefined ? `queue with the id ${queueId}` : `telephone with the id ${phoneId}`;
      Object.assign(entry, { verdict: 'left', note: `there is no ${missing}` });
    } else if (!isLoggedIn) {
      entry.note = `${number} is logged out: a row of queue_member is made by the next login`;
    } else if (seen.has(`${queue} ${number}`)) {
      Object.assign(entry, { verdict: 'left', note: `${number} is logged in to ${queue} by an earlier row` });
    } else {
      seen.add(`${queue} ${number}`);
      const position = positions.get(queue) ?? 0;
      positions.set(queue, position + 1);
      const values = { penalty: 0, position, isPaused: false, ringInUse: null, wrapUpMs: null };
      draft.members.push({ queue, interface: `PJSIP/${number}`, ...values });
    }
  }
}

/** Customers may be many: an entry for each that is changed, and one for all others. */
function takeCustomers({ customers }: OlderTables, draft: Draft, entryOf: EntryOf): void {
  const codes = new Map<string, string>();
  for (const customer of customers) {
    const { row, note } = customerRow(customer, codes);
    draft.customers.push(row);
    if (row.code !== null) codes.set(row.code, row.id);
    if (note === null) continue;
    const entry = entryOf('customer', customer.id, 'customer', `${customer.name}, code ${customer.code}`);
    draft.entries.push(Object.assign(entry, { verdict: 'changed', note }));
  }
  if (customers.length > 0) draft.entries.push(entryOf('customer', '0', 'rows', String(customers.length)));
}

function customerRow(
  { id, name, code }: OlderTables['customers'][number],
  codes: ReadonlyMap<string, string>,
): { row: CustomerRow; note: string | null } {
  // The column was of fixed length: shorter codes are filled up with spaces.
  const plain = code.trim();
  const owner = codes.get(plain);
  const notes = [
    ...(owner === undefined ? [] : [`the code ${plain} is that of customer ${owner}: taken over without a code`]),
    ...(name.trim() === '' ? [`has no name: named Customer ${id}`] : []),
  ];
  const row = {
    id,
    name: (name.trim() || `Customer ${id}`).slice(0, NAME_LENGTH_MAX),
    code: plain === '' || owner !== undefined ? null : plain,
  };
  return { row, note: notes.length === 0 ? null : notes.join('; ') };
}

/** So that members, callers and CRM software notice no difference. */
function setWhatTheOlderProgramDid([first]: readonly string[], draft: Draft, source: string): void {
  const settings: readonly { path: string[]; value: string | readonly string[]; note: string }[] = [
    { path: ['xmpp', 'payload'], value: 'hybrid', note: 'CRM software of the older program goes on reading the items' },
    {
      path: ['lookups', 'customer-by-code', 'sql'],
      value: 'select * from customer where code = $1',
      note: 'customers are found by their code',
    },
    { path: ['lookups', 'customer-by-code', 'parameters'], value: ['code'], note: 'the digits that a caller typed' },
    {
      path: ['customer-code-lookup'],
      value: 'customer-by-code',
      note: 'the dialplan may set CUSTOMER_CODE instead of running an AGI script',
    },
    ...(first === undefined
      ? []
      : [{ path: ['default-queue'], value: first, note: 'Stasis(queueapp,ID|NAME) of the older dialplan leads here' }]),
  ];
  for (const { path, value, note } of settings) {
    draft.set(path, value);
    const option = path.join('.');
    draft.entries.push({
      ...{ file: source, line: 0, section: 'the older program', option, value: String(value) },
      ...{ verdict: 'default', note, path },
    });
  }
}
