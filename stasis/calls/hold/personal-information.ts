import type { Grammar } from '../../../src/core/speech/grammar.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';

/** What is said to a caller who asked for personal information (E3): asked of the billing by this caller's own number. Never rejects. */
export async function personalInformation(
  { accounts }: CallRoom,
  call: Call,
  { source, grammar }: { readonly source: string; readonly grammar: Grammar },
): Promise<Phrase> {
  const { number } = call.caller;
  if (number === null) return grammar.accounts([]);
  const answer = await accounts.ask({ source, number, signal: call.signal });
  if (answer.type === 'none') return grammar.accounts([]);
  if (answer.type === 'accounts') return grammar.accounts(answer.accounts, answer.total);
  call.log.warn({ source, reason: answer.reason }, 'Personal information is not available');
  return grammar.accountsUnavailable();
}
