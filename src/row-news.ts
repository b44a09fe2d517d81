import { type EffectiveConfig, rowText } from './effective-config.ts';
import type { Logger } from './log.ts';

/** What the log says of configuration that can be used and is hardly meant, in the file or in rows. */
export const ODD = 'Odd configuration';

const REFUSED = {
  queue: "Settings in a queue's row are wrong: it keeps the ones that it had",
  ivr_step: "A step's row is wrong: what was right before counts",
} as const;

type News = Pick<EffectiveConfig, 'refused' | 'odd'>;

/** Says what is wrong and what is odd in rows, once for each: they are read again whenever anything changes. */
export function tellRows(log: Logger, before: News, now: News): void {
  for (const { table, name, text } of fresh(before.refused, now.refused))
    log.error({ code: 'CONFIG_INVALID', table, row: name, reason: text }, REFUSED[table]);
  for (const { table, name, text } of fresh(before.odd, now.odd)) log.warn({ table, row: name, warning: text }, ODD);
}

function fresh(before: News['odd'], now: News['odd']) {
  const told = new Set(before.map(rowText));
  return now.map((finding) => ({ ...finding, text: rowText(finding) })).filter(({ text }) => !told.has(text));
}
