import { AppError } from '../../src/errors.ts';
import type { CreateListenerRequest, Presence, RecordingRequest } from '../../src/ports/pbx.ts';
import { presence, reason, refused } from './answers.ts';
import { createSnoop } from './media.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/**
 * A channel that listens (`snoop`). Not `POST /bridges/{id}/record`: that makes a mixing bridge of two out of one that only hands frames
 * over, and costs Asterisk four times as much (README.md, "Recording").
 */
export async function createListener(
  request: Request,
  application: string,
  { channelId, ofChannelId, hears }: CreateListenerRequest,
): Promise<Presence> {
  const spy = hears === 'both' ? 'both' : 'in';
  const answer = await createSnoop(request, application, { channelId, ofChannelId, spy, whisper: 'none' });
  if (answer !== 'refused') return answer;
  throw new AppError('ARI_REFUSED', `Asterisk can't listen to channel ${ofChannelId}`, { details: { ofChannelId } });
}

/** `POST /channels/{id}/record`. 409 is a file or a running recording of that name, 422 the format, 500 the folder. */
export async function startRecording(
  request: Request,
  { channelId, name, format }: RecordingRequest,
): Promise<Presence | 'exists'> {
  const create: AriRequest = {
    method: 'POST',
    address: withQuery(uri`channels/${channelId}/record`, { name, format, ifExists: 'fail' }),
  };
  const response = await request(create);
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
