import type { CheckedPart } from '../cli/check-report.ts';
import type { Config } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { examineModule, moduleUrl } from '../strategies/strategy-shelf.ts';

/** Tries the user's own strategies as a start would; `null`: there are none. */
export async function checkStrategies(
  { strategies }: Pick<Config, 'strategies'>,
  { limitMs }: { readonly limitMs?: number } = {},
): Promise<CheckedPart | null> {
  const names = Object.keys(strategies);
  if (names.length === 0) return null;
  const examined = await Promise.all(
    Object.entries(strategies).map(async ([name, file]) => {
      const url = await moduleUrl(file);
      const faults =
        url === null ? ['the file is not there'] : await examineModule(url, { clock: systemClock, limitMs });
      return faults.map((fault) => ({
        what: `strategies.${name} (${file}): ${fault}`,
        mend: 'Correct the module; docs/strategies.md says what is expected of it. Until then leastrecent is used in its place',
      }));
    }),
  );
  const findings = examined.flat();
  return {
    part: 'strategies',
    summary: findings.length === 0 ? `tried and in order: ${names.join(', ')}` : '',
    findings,
  };
}
