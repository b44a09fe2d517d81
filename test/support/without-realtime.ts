import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../../install/private-stack/stack.ts';

/**
 * app_queue as most have it, to be compared with: its members stand in a file, and nothing is read or written in PostgreSQL for a call of its own.
 * As the fallback it would have queueapp's members. Restarts Asterisk.
 */
export async function withoutRealtime(stack: Stack, { queueLog }: { queueLog: 'yes' | 'no' }): Promise<void> {
  const etc = join(stack.env.QUEUEAPP_RUN, 'asterisk/etc');
  writeFileSync(join(etc, 'extconfig.conf'), '');
  const logger = readFileSync(join(etc, 'logger.conf'), 'utf8').replace('queue_log = yes', `queue_log = ${queueLog}`);
  writeFileSync(join(etc, 'logger.conf'), logger);
  await stack.restart('asterisk');
}
