import type { ChannelId } from '../../src/core/ids.ts';
import { AppError } from '../../src/errors.ts';
import type { CreateChannelRequest, Presence } from '../../src/ports/pbx.ts';
import { isGone, isOk, json, presence, reason, refused } from './answers.ts';
import { connectedLine } from './caller-id.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** An endpoint's name as pjsip.conf has it, before it gets into a dialplan function: no bracket, comma, quote or variable. */
const PJSIP_INTERFACE = /^PJSIP\/([A-Za-z0-9][A-Za-z0-9._+-]{0,79})$/;
/** Anything else that `channels/create` takes: technology, slash, address. */
const INTERFACE = /^[A-Za-z][A-Za-z0-9]{0,19}\/[^\s"'\\,&|()${}]{1,200}$/;
/** Our own arguments only: a comma or a quote would change where one ends. */
const APP_ARGUMENT = /^[A-Za-z0-9._:-]{0,100}$/;

/** Addresses that ring all phones of an interface at once; see `Pbx.contacts`. */
export async function readContacts(
  request: Request,
  interfaceName: string,
  onChannelId: ChannelId,
): Promise<readonly string[]> {
  const endpoint = PJSIP_INTERFACE.exec(interfaceName)?.[1];
  if (endpoint === undefined) {
    checkInterface(interfaceName);
    return [interfaceName];
  }
  const read: AriRequest = {
    method: 'GET',
    address: withQuery(uri`channels/${onChannelId}/variable`, { variable: `PJSIP_DIAL_CONTACTS(${endpoint})` }),
  };
  const response = await request(read);
  // 500 "Unable to read provided function" is its answer for an endpoint that pjsip.conf does not have.
  if (isGone(response) || (response.status === 500 && reason(response).includes('function'))) return [];
  return contactList(json(read, response));
}

function contactList(body: unknown): readonly string[] {
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : '';
  if (typeof value !== 'string') return [];
  return value.split('&').filter((contact) => contact !== '');
}

/** `POST /channels/create`. Never `POST /channels`: such a leg is hung up when it is answered while nobody is connected. */
export async function createLeg(
  request: Request,
  application: string,
  leg: CreateChannelRequest & { readonly variables?: Readonly<Record<string, string>> },
): Promise<Presence | 'refused'> {
  checkInterface(leg.endpoint);
  for (const argument of leg.appArgs) {
    if (!APP_ARGUMENT.test(argument))
      throw new Error(`An argument of a leg has characters that Asterisk would split at: ${argument}`);
  }
  const create: AriRequest = {
    method: 'POST',
    address: withQuery('channels/create', {
      endpoint: leg.endpoint,
      app: application,
      appArgs: leg.appArgs.join(','),
      channelId: leg.channelId,
      originator: leg.originator,
    }),
    body: { variables: { ...connectedLine(leg.callerId), ...leg.variables } },
  };
  const response = await request(create);
  if (isOk(response)) return 'done';
  if (response.status === 500 && reason(response) === 'Allocation failed') return 'refused';
  throw refused(create, response);
}

/** `POST /channels/{id}/dial`, without `caller`: that would replace the caller id of the leg by the caller's own. */
export async function dialLeg(request: Request, channelId: ChannelId, timeoutMs: number): Promise<Presence> {
  const dial: AriRequest = {
    method: 'POST',
    address: withQuery(uri`channels/${channelId}/dial`, { timeout: Math.max(1, Math.ceil(timeoutMs / 1000)) }),
  };
  return presence(dial, await request(dial));
}

function checkInterface(interfaceName: string): void {
  if (INTERFACE.test(interfaceName)) return;
  throw new AppError('ARI_REFUSED', `${JSON.stringify(interfaceName)} is no interface that can be dialled`);
}
