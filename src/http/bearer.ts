import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';

/**
 * Lets a request pass whose `Authorization` header holds the token; the time of comparison does not depend on what was sent.
 * @throws AppError API_TOKEN_WRONG, or API_OFF when no token is configured
 */
export function checkBearer(header: string | undefined, token: string | null): void {
  if (token === null) throw new AppError('API_OFF', 'The API is off: set API_TOKEN in the environment and start again');
  const sent = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  if (sent === undefined) throw new AppError('API_TOKEN_WRONG', 'Send the header Authorization: Bearer API_TOKEN');
  if (!timingSafeEqual(digest(sent), digest(token))) throw new AppError('API_TOKEN_WRONG', 'The token is wrong');
}

/** Equal length for timingSafeEqual. */
const digest = (text: string) => createHash('sha256').update(text).digest();
