import { randomBytes } from 'node:crypto';
import type { ChannelId } from '../../src/core/ids.ts';
import { isGone, json } from './answers.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** One variable or function of a channel; `undefined` when it is unset or the channel is gone. */
export async function readVariable(request: Request, channelId: ChannelId, name: string): Promise<string | undefined> {
  const read: AriRequest = {
    method: 'GET',
    address: withQuery(uri`channels/${channelId}/variable`, { variable: name }),
  };
  const response = await request(read);
  if (isGone(response)) return undefined;
  const body = json(read, response);
  const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : undefined;
  return typeof value === 'string' ? value : undefined;
}

/**
 * Several variables by one request: Asterisk's function EVAL puts them into one text, parted by a boundary that is new each time, so that no
 * value can contain it. What EVAL has put in is not evaluated again. Where the answer is not as many values (no EVAL: func_strings
 * is not loaded), each is read by itself; that is also how a channel that is gone is found out. The names are ours, never a caller's.
 */
export async function readVariables(
  read: (name: string) => Promise<string | undefined>,
  names: readonly string[],
): Promise<readonly string[]> {
  const boundary = `|${randomBytes(8).toString('hex')}|`;
  const together = await read(`EVAL(${names.map((name) => `\${${name}}`).join(boundary)})`);
  const values = together?.split(boundary) ?? [];
  if (values.length === names.length) return values;
  return await Promise.all(names.map(async (name) => (await read(name)) ?? ''));
}
