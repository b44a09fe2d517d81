import { WIRE, type WireFormat } from './sound.ts';

/** Formats in the order of what is lost by them, the least first. */
const BY_QUALITY: readonly WireFormat[] = ['slin16', 'slin', 'ulaw', 'alaw'];

/**
 * The format in which a caller's programme is sent: their own where it is kept, else the best of the same rate, else the best at all.
 * Asterisk transcodes it. `formats` has at least one.
 */
export function nearestFormat(wanted: WireFormat, formats: readonly WireFormat[]): WireFormat {
  if (formats.includes(wanted)) return wanted;
  const kept = BY_QUALITY.filter((format) => formats.includes(format));
  return kept.find((format) => WIRE[format].rate === WIRE[wanted].rate) ?? kept[0] ?? wanted;
}
