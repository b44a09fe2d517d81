import { AppError } from '../../src/errors.ts';
import type { Presence, RecordingRequest } from '../../src/ports/pbx.ts';
import { isOk, presence, reason, refused } from './answers.ts';
import type { Arrivals } from './arrivals.ts';
import { createSnoop } from './media.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

interface Context {
  readonly application: string;
  readonly arrivals: Arrivals;
  /** Recordings that Asterisk has accepted and not begun: 16.28 can't pause them yet (409). */
  readonly beginnings: Arrivals;
}

/**
 * A channel that listens (`snoop`), and a recording of it. Not `POST /bridges/{id}/record`: that makes a mixing bridge of two out of one
 * that only hands frames over, and costs Asterisk five times as much (README.md, "Recording").
 */
export async function startRecording(
  request: Request,
  { application, arrivals, beginnings }: Context,
  { channelId, ofChannelId, hears, name, format }: RecordingRequest,
): Promise<Presence | 'exists'> {
  const spy = hears === 'both' ? 'both' : 'in';
  let answer: Presence | 'exists' = 'gone';
  try {
    const listening = await arrivals.await(channelId, () =>
      createSnoop(request, application, { channelId, ofChannelId, spy, whisper: 'none' }),
    );
    if (listening === 'refused') {
      throw new AppError('ARI_REFUSED', `Asterisk can't listen to channel ${ofChannelId}`, {
        details: { ofChannelId },
      });
    }
    if (listening === 'done') {
      answer = await beginnings.await(channelId, () => record(request, { channelId, name, format }));
    }
    return answer;
  } finally {
    // Without a recording it listens for nobody. That it is gone already is no matter.
    if (answer !== 'done') await request(hangup(channelId)).catch(() => undefined);
  }
}

/** `POST /channels/{id}/record`. 409 is a file or a running recording of that name, 422 the format, 500 the folder. */
async function record(
  request: Request,
  { channelId, name, format }: Pick<RecordingRequest, 'channelId' | 'name' | 'format'>,
): Promise<Presence | 'exists'> {
  const create: AriRequest = {
    method: 'POST',
    address: withQuery(uri`channels/${channelId}/record`, { name, format, ifExists: 'fail' }),
  };
  const response = await request(create);
  if (isOk(response)) return 'done';
  if (response.status === 409 && / already exists /.test(reason(response))) return 'exists';
  // Of other requests 422 says that something is gone.
  if (response.status === 422) throw refused(create, response);
  return presence(create, response);
}

/**
 * `POST` and `DELETE /recordings/live/{name}/mute`: silence takes the place of what is said. With `pause` the time itself would be left out, and
 * files that were begun together would no longer fit each other.
 */
export async function muteRecording(request: Request, method: 'POST' | 'DELETE', name: string): Promise<Presence> {
  const mute: AriRequest = { method, address: uri`recordings/live/${name}/mute` };
  return presence(mute, await request(mute));
}

/** `DELETE /recordings/stored/{name}`. */
export async function deleteRecording(request: Request, name: string): Promise<Presence> {
  const remove: AriRequest = { method: 'DELETE', address: uri`recordings/stored/${name}` };
  return presence(remove, await request(remove));
}

function hangup(channelId: string): AriRequest {
  return { method: 'DELETE', address: withQuery(uri`channels/${channelId}`, { reason_code: 16 }) };
}
