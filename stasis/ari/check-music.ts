import { randomUUID } from 'node:crypto';
import { isAppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { isOk, reason } from './answers.ts';
import { type AriAddress, connectAriClient } from './ari-client.ts';
import { AriLink } from './ari-link.ts';
import type { HttpRequests } from './http-requests.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { ARI_LIMITS } from './settings.ts';
import { uri, withQuery } from './uri.ts';

const MUSIC_CLASS = /^[A-Za-z0-9_.-]{1,80}$/;
const STEP_LIMIT_MS = 5000;

/**
 * Which of these classes musiconhold.conf has; a text when that cannot be told. ARI has no list of them and refuses no class, so
 * `AST_CONFIG()` (func_config.so) reads the file, on a Local channel that is made for it and never dialled. Classes that come from
 * a database are not seen.
 */
export async function findMusicClasses(
  address: AriAddress,
  classes: readonly string[],
  { http, clock }: { readonly http: HttpRequests; readonly clock: Clock },
): Promise<ReadonlySet<string> | string> {
  const ask = (request: AriRequest) => http.send(request, STEP_LIMIT_MS);
  const reader = await ask({ method: 'GET', address: 'asterisk/modules/func_config.so' });
  if (!isOk(reader)) return 'func_config.so does not run';
  // The name of the application proper would throw a running one out.
  const application = `queueapp-check-${randomUUID()}`;
  try {
    const client = await connectAriClient(address);
    const link = new AriLink({
      socket: client.openSocket(application),
      clock,
      limits: ARI_LIMITS,
      onMessage: () => undefined,
      onEnd: () => undefined,
    });
    try {
      await link.opened;
      return await readOnChannel(ask, application, classes);
    } finally {
      link.end('the check is over');
    }
  } catch (error) {
    if (isAppError(error)) return error.message;
    return error instanceof Error ? error.message : String(error);
  }
}

async function readOnChannel(
  ask: (request: AriRequest) => Promise<AriResponse>,
  application: string,
  classes: readonly string[],
): Promise<ReadonlySet<string> | string> {
  const create = withQuery('channels/create', {
    endpoint: 'Local/s@queueapp-check',
    app: application,
    channelId: application,
  });
  const created = await ask({ method: 'POST', address: create });
  if (!isOk(created)) return `no channel to look from (${created.status} ${reason(created)})`;
  try {
    const found = new Set<string>();
    for (const musicClass of classes.filter((name) => MUSIC_CLASS.test(name))) {
      const variable = `AST_CONFIG(musiconhold.conf,${musicClass},mode)`;
      const value = await ask({
        method: 'GET',
        address: withQuery(uri`channels/${application}/variable`, { variable }),
      });
      if (isOk(value) && !value.body.includes('"value":""')) found.add(musicClass);
    }
    return found;
  } finally {
    await ask({ method: 'DELETE', address: uri`channels/${application}` });
  }
}
