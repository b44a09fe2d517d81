import type { CustomerRow, Draft, ExtensionRow, MemberRow } from './draft.ts';

const ROWS_PER_INSERT = 500;

const HEAD = `-- Written by queueapp import: people, and who is a member of which queue. Run it when queueapp has been started once:
--   psql "$DATABASE_URL" --file THIS-FILE
-- Rows that are there already stay as they are, so it may be run again. Who has a row in queue_member is logged in.
begin;
set local standard_conforming_strings = on;
`;

/** The rows as statements for psql, in one transaction; empty text when there are none. */
export function sqlOf({ extensions, members, customers }: Draft): string {
  const statements = [
    ...queues(members),
    ...inserts(extensions, extensionColumns, extensionValues),
    ...members.map(membership),
    ...inserts(customers, 'customer (id, name, code)', customerValues),
    ...(customers.length > 0 ? [COUNT_ON] : []),
  ];
  return statements.length === 0 ? '' : `${HEAD}\n${statements.join('\n')}\ncommit;\n`;
}

/** Ids that were given by hand are not counted by the database itself. */
const COUNT_ON = `select setval(pg_get_serial_sequence('customer', 'id'), greatest((select max(id) from customer), 1));`;

/** The application makes the queues of its configuration at its start; the rows may be written before that. */
function queues(members: readonly MemberRow[]): string[] {
  const names = [...new Set(members.map(({ queue }) => queue))];
  return names.map(
    (name) => `insert into queue (name, title) values (${literal(name)}, ${literal(name)}) on conflict do nothing;`,
  );
}

const extensionColumns = 'extension (number, interface, name, state_interface, jid, last_hangup_at)';
const extensionValues = (row: ExtensionRow) => [
  literal(row.number),
  literal(row.interface),
  literal(row.name),
  literal(row.stateInterface),
  literal(row.jid),
  row.lastHangup === null ? 'null' : `timestamp ${literal(row.lastHangup)}`,
];
const customerValues = (row: CustomerRow) => [row.id, literal(row.name), literal(row.code)];

function inserts<Row>(rows: readonly Row[], columns: string, values: (row: Row) => readonly string[]): string[] {
  const statements: string[] = [];
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    const lines = rows.slice(from, from + ROWS_PER_INSERT).map((row) => `  (${values(row).join(', ')})`);
    statements.push(`insert into ${columns} values\n${lines.join(',\n')}\non conflict do nothing;`);
  }
  return statements;
}

/** By the interface: the database may have it under another number already. */
function membership({ queue, interface: rung, penalty, position, isPaused, ringInUse, wrapUpMs }: MemberRow): string {
  const values = [literal(queue), 'number', penalty, position, isPaused, ringInUse ?? 'null', wrapUpMs ?? 'null'];
  return (
    'insert into queue_member (queue, extension, penalty, position, paused, ring_in_use, wrap_up_ms)\n' +
    `  select ${values.join(', ')} from extension where interface = ${literal(rung)}\n` +
    'on conflict do nothing;'
  );
}

/** A text of SQL's own. Control characters were refused when the file was read; here they would break comments, not the text. */
function literal(text: string | null): string {
  return text === null ? 'null' : `'${text.replaceAll('\0', '').replaceAll("'", "''")}'`;
}
