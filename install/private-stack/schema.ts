// The database of a stack: the application's own migrations, then the demonstration data.
import { migrate } from '../../db/migrate.ts';
import { silentLog } from '../../src/log.ts';
import { loadDemoData } from './demo-data.ts';
import { StackError } from './stack-error.ts';

/** Brings a database to the newest schema and fills in the demonstration data; may run again at any time. */
export const prepareSchema = async (databaseUrl: string, xmppDomain: string): Promise<void> => {
  try {
    await migrate({ databaseUrl, log: silentLog() });
    await loadDemoData(databaseUrl, xmppDomain);
  } catch (cause) {
    throw new StackError(
      `The database cannot be prepared: ${String(cause)}`,
      'look at db/migrations and install/demo-data.sql',
      { cause },
    );
  }
};
