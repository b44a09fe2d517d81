/** Longest number by which a person is known; what is longer is no telephone number. */
const PERSON_NUMBER_LENGTH_MAX = 40;

/** What lines send when the number is withheld (RFC 3323, SIP providers, Asterisk). */
const WITHHELD = /^(?:anonymous|none|private|restricted|unavailable|unknown|withheld)$/i;

/**
 * A caller's number as the key of what belongs to this person: as the line sent it, without blanks around it. `null` for who can't be
 * told from others: no number, a withheld one, one that is too long (cut, it could be another's) or is no text for a database.
 */
export function personNumber(number: string): string | null {
  const trimmed = number.trim();
  if (trimmed === '' || trimmed.length > PERSON_NUMBER_LENGTH_MAX || WITHHELD.test(trimmed)) return null;
  return /[\p{Cc}\p{Surrogate}]/u.test(trimmed) ? null : trimmed;
}
