/** Reports by name, with what each tells. */
export const REPORTS = {
  queues: 'Calls, answers, losses, waits and service level of each queue',
  hours: 'The same by hour',
  days: 'The same by day',
  weekdays: 'The same by day of the week',
  'hours-of-day': 'The same by hour of the day',
  members: 'Answered and missed calls, talking, sessions and pauses of each member',
  answered: 'Each answered call',
  unanswered: 'Each call that was not answered',
  refused: 'Each caller who was refused',
  levels: 'Answers within 10, 20, 30, 60, 90 and 120 seconds',
  waits: 'Waits in steps of 10 seconds',
  positions: 'Answers and waits by the place on entering',
  ends: 'Who ended conversations',
  sessions: 'Sessions of members',
  pauses: 'Pauses of members',
  'wrap-ups': 'Wrap-up of members',
  menus: 'Keys and goals in the menus',
  recordings: 'Files of recordings, their length and size, by day',
} as const;

export type ReportName = keyof typeof REPORTS;

export interface ReportRequest {
  readonly report: ReportName;
  readonly fromMs: number;
  /** Before this moment. */
  readonly toMs: number;
  /** `null`: all queues. */
  readonly queue: string | null;
  /** Whose clocks hours and days are those of, for example `Europe/Berlin`. */
  readonly timeZone: string;
  readonly limit: number;
}

export type ReportCell = string | number | null;

export interface Report {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ReportCell[])[];
  /** There are more rows than the limit. */
  readonly isCut: boolean;
}

/** What queue_log adds up to, and recordings. */
export interface Reports {
  /** @throws AppError DATABASE_UNAVAILABLE, also when it takes too long */
  report(request: ReportRequest): Promise<Report>;
}
