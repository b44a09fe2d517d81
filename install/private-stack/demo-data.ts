// The data of a fresh stack: schema by the migrations, then customers, extensions and the queue of contracts.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './paths.ts';
import { withClient } from './postgres.ts';

/** Fills in install/demo-data.sql. It may run again at any time: what is there stays as it is. */
export const loadDemoData = (databaseUrl: string, xmppDomain: string): Promise<void> =>
  withClient(databaseUrl, async (client) => {
    // A file of several statements takes no parameters; a setting of the session does.
    await client.query(`SELECT set_config('queueapp.xmpp_domain', $1, false)`, [xmppDomain]);
    await client.query(readFileSync(join(CHECKOUT, 'install/demo-data.sql'), 'utf8'));
  });
