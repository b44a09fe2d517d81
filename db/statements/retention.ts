import { momentOf, type Statement } from './statement.ts';

/** What is older than a moment; at most so many rows. */
export interface OlderThan {
  readonly beforeMs: number;
  readonly limit: number;
}

/** What makes the token of a number. */
interface Keyed {
  readonly key: Uint8Array;
}

export type Removal = Statement<{ removed: number }>;

/** Rows that are too old, and what becomes of them. */
interface Rule {
  readonly name: string;
  readonly table: string;
  readonly keys: readonly string[];
  /** Which rows there are at all. @default all */
  readonly which?: string;
  /** The column with their time. */
  readonly time: string;
  /** The moment, as that column has it. */
  readonly before?: string;
  /** What is forgotten; the rows themselves, when nothing is said. */
  readonly forget?: string;
}

/** The oldest first; rows that somebody else works on are left for the next time. */
function ruleText({ table, keys, which, time, before = momentOf('$1'), forget }: Rule): string {
  const isOld = keys.map((key) => `t.${key} = old.${key}`).join(' and ');
  const change =
    forget === undefined
      ? `delete from ${table} t using old where ${isOld}`
      : `update ${table} t set ${forget} from old where ${isOld}`;
  return `with old as (
        select ${keys.join(', ')} from ${table} where ${which === undefined ? '' : `${which} and `}${time} < ${before}
        order by ${time} limit $2 for update skip locked),
      changed as (${change} returning 1)
      select count(*)::int as removed from changed`;
}

const removal = (rule: Rule) => {
  const text = ruleText(rule);
  return ({ beforeMs, limit }: OlderThan): Removal => ({ name: rule.name, text, values: [beforeMs, limit] });
};

/** The same where the number's token stands in its place afterwards. */
const keyedRemoval = (rule: Rule) => {
  const text = ruleText(rule);
  return ({ beforeMs, limit, key }: OlderThan & Keyed): Removal => ({
    name: rule.name,
    text,
    values: [beforeMs, limit, key],
  });
};

const ENDED_ENTRIES = { table: 'queue_entry', keys: ['entry_id'], time: 'ended_at' } as const;
/** queue_log has its times without a zone, as app_queue writes them. */
const LINES = {
  table: 'queue_log',
  keys: ['id'],
  time: 'time',
  before: `${momentOf('$1')} at time zone 'UTC'`,
} as const;

/** Ended entries, with their attempts. */
export const removeEnded = removal({ ...ENDED_ENTRIES, name: 'remove-ended', which: "state = 'ended'" });

/** Ended attempts whose entry stays. */
export const removeAttempts = removal({
  ...{ name: 'remove-attempts', table: 'ring_attempt', keys: ['attempt_id'], time: 'ended_at' },
  which: "state = 'ended'",
});

/** The customer of ended entries. */
export const forgetCustomers = removal({
  ...ENDED_ENTRIES,
  name: 'forget-customers',
  which: "state = 'ended' and customer is not null",
  forget: 'customer = null',
});

/** Number and name of the callers of ended entries. */
export const forgetNumbers = keyedRemoval({
  ...ENDED_ENTRIES,
  name: 'forget-numbers',
  which: "state = 'ended' and (caller_name is not null or is_personal_number(caller_number))",
  forget: 'caller_number = erased_number($3, t.caller_number), caller_name = null',
});

/** Number and name of callers in queue_log; the line stays. */
export const forgetLoggedNumbers = keyedRemoval({
  ...LINES,
  name: 'forget-logged-numbers',
  which: "is_caller_line(event, data1) and (is_personal_number(data2) or coalesce(data4, '') <> '')",
  forget: "data2 = erased_number($3, t.data2), data4 = ''",
});

/** Recordings whose files are to be removed from now on. */
export const removeRecordings = removal({
  ...{ name: 'remove-recordings', table: 'recording', keys: ['recording_id'], time: 'ended_at' },
  which: 'removal_wanted_at is null',
  forget: 'removal_wanted_at = now()',
});

/** Lines of queue_log. */
export const removeLines = removal({ ...LINES, name: 'remove-lines' });

/** Tunes that no call has begun with since. */
export const removeUnusedTracks = removal({
  ...{ name: 'remove-unused-tracks', table: 'caller_music', keys: ['number', 'music_class'], time: 'used_at' },
});
