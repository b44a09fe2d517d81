import type { Config } from './config/config.ts';

/** Where traces of a caller may be that the application does not reach: told with every list and every erasure. */
export function personalDataElsewhere({
  log,
  queueLog,
  xmpp,
}: Pick<Config, 'log' | 'queueLog' | 'xmpp'>): readonly string[] {
  return [
    'your own records of customers and accounts (tables customer and account, or wherever lookups and account sources ask)',
    ...(log.personalData ? ["the application's log, because log.personal-data is on"] : []),
    ...(xmpp.connection === null ? [] : ['messages and items that members and CRM software have received over XMPP']),
    ...(queueLog.file === null
      ? []
      : ['copies of the file of queue_log, compressed ones too, and what programs have read from it']),
    "Asterisk's own records (CDR, CEL, its logs)",
    'backups',
  ];
}
