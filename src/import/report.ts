import type { Finding } from '../config/findings.ts';
import type { Remark } from './asterisk/conf.ts';
import type { Draft, Entry } from './draft.ts';

/** What is to be imported, and where to. */
export interface ImportOptions {
  /** Files of Asterisk that say by their names what they are. */
  readonly files: readonly string[];
  /** Files whose names say nothing. */
  readonly named: {
    readonly queues?: string | undefined;
    readonly queuerules?: string | undefined;
    readonly musiconhold?: string | undefined;
  };
  /** The older program's PostgreSQL. */
  readonly database?: string | undefined;
  /** Below it lie Asterisk's relative folders of music; by default the one that is on this machine. */
  readonly dataFolder?: string | undefined;
  readonly output: string;
  readonly sql: string;
  /** Whether files that are there are written over. */
  readonly force: boolean;
  /** Whether nothing is written at all. */
  readonly isDryRun: boolean;
}

/** What an import says of itself. */
export interface Report {
  /** Every file that was read, or the database. */
  readonly read: readonly string[];
  readonly entries: readonly Entry[];
  /** What Asterisk itself passes over. */
  readonly remarks: readonly Remark[];
  /** What `queueapp check` finds odd in the result, but lets pass. */
  readonly warnings: readonly Finding[];
  readonly rows: { readonly extensions: number; readonly members: number; readonly customers: number };
  /** Files that were written. */
  readonly written: readonly string[];
}

export const rowsOf = ({ extensions, members, customers }: Draft): Report['rows'] => ({
  extensions: extensions.length,
  members: members.length,
  customers: customers.length,
});
