/** One line of queue_log without its time, its empty last columns cut. */
export interface LoggedLine {
  readonly event: string;
  readonly agent: string;
  readonly callid: string;
  readonly data: readonly string[];
}

/** What app_queue writes about calls. */
export const CALL_EVENTS: ReadonlySet<string> = new Set([
  ...['ENTERQUEUE', 'CONNECT', 'RINGNOANSWER', 'RINGCANCELED', 'COMPLETEAGENT', 'COMPLETECALLER'],
  ...[
    'BLINDTRANSFER',
    'ATTENDEDTRANSFER',
    'ABANDON',
    'EXITWITHTIMEOUT',
    'EXITEMPTY',
    'EXITWITHKEY',
    'WITHDRAW',
    'AGENTDUMP',
  ],
]);
