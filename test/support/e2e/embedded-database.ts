import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { oneStatement } from '../one-statement.ts';

/** One statement on the PostgreSQL that an application runs in its data folder, as its administrator. */
export async function askEmbedded<Row extends object>(dataDir: string, text: string): Promise<Row[]> {
  const password = readFileSync(join(dataDir, 'password'), 'utf8').trim();
  // Line 4 is the port (miscadmin.h, LOCK_FILE_LINE_PORT).
  const port = readFileSync(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n')[3]?.trim();
  return await oneStatement<Row>(`postgres://queueapp:${password}@127.0.0.1:${port}/queueapp`, text);
}
