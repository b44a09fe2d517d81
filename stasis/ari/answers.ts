import { AppError } from '../../src/errors.ts';
import type { Presence } from '../../src/ports/pbx.ts';
import type { AriRequest, AriResponse } from './request-table.ts';

/**
 * Reads a response to a request about a thing that may have vanished. Measured on 22.10: 404 the thing itself; 409 a channel
 * that has left Stasis, or a bridge that is just being taken down; 400 an unknown channel in a bridge request; 412 a channel that is being hung up; 422 a channel that is
 * not in this bridge or not in Stasis; an unknown bridge is 404.
 * @throws AppError ARI_REFUSED for any other refusal
 */
export function presence(request: AriRequest, response: AriResponse): Presence {
  if (isOk(response)) return 'done';
  if (isGone(response)) return 'gone';
  throw refused(request, response);
}

export function isOk({ status }: AriResponse): boolean {
  return status >= 200 && status < 300;
}

export function isGone(response: AriResponse): boolean {
  switch (response.status) {
    case 404:
    case 410:
    case 412:
    case 422:
      return true;
    case 400:
      return reason(response) === 'Channel not found';
    // 409 is also "bridge exists", "channel exists", "channel is not Down": faults of ours.
    case 409:
      return /^(?:Channel|Bridge) not in Stasis application$/.test(reason(response));
    default:
      return false;
  }
}

/** The JSON body of a response. */
export function json(request: AriRequest, response: AriResponse): unknown {
  if (!isOk(response)) throw refused(request, response);
  try {
    return response.body === '' ? undefined : JSON.parse(response.body);
  } catch (cause) {
    throw new AppError('ARI_REFUSED', `${request.method} ${resource(request)}: the answer is no JSON`, { cause });
  }
}

/** The error of a request that Asterisk refused. */
export function refused(request: AriRequest, response: AriResponse): AppError {
  const words = reason(response);
  return new AppError('ARI_REFUSED', `${request.method} ${resource(request)}: ${response.status} ${words}`.trimEnd(), {
    details: { method: request.method, resource: resource(request), status: response.status },
  });
}

/** Asterisk's words in an error's body. */
export function reason({ body }: AriResponse): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return '';
    const text = 'message' in parsed ? parsed.message : 'error' in parsed ? parsed.error : '';
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}

function resource({ address }: AriRequest): string {
  return address.split('?')[0] ?? address;
}
