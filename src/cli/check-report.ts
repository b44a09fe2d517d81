import type { Streams } from './output.ts';

/** Something that is wrong, and what to do about it. */
export interface CheckFinding {
  readonly what: string;
  readonly mend: string;
}

export const CHECK_PARTS = [
  'configuration',
  'asterisk',
  'database',
  'xmpp',
  'sounds',
  'music',
  'accounts',
  'strategies',
] as const;

/** How it stands with one part; without findings it is in order. */
export interface CheckedPart {
  readonly part: (typeof CHECK_PARTS)[number];
  /** Which one, where there are several: the name of a switch. */
  readonly name?: string;
  /** In order: what was found to be so, for example `PostgreSQL 18.4, schema 5`. */
  readonly summary: string;
  readonly findings: readonly CheckFinding[];
}

/** Whether everything is in order. */
export const isAllWell = (parts: readonly CheckedPart[]) => parts.every(({ findings }) => findings.length === 0);

/** Writes the parts as lines with ✓ or ✗ for people, or as one object for programs. */
export function writeCheck(
  parts: readonly CheckedPart[],
  { streams, json }: { streams: Streams; json: boolean },
): void {
  if (json) {
    const checks = parts.map(({ part, name, summary, findings }) => {
      const which = name === undefined ? { part } : { part, name };
      return { ...which, ok: findings.length === 0, summary, findings };
    });
    streams.out(`${JSON.stringify({ ok: isAllWell(parts), checks }, null, 2)}\n`);
    return;
  }
  for (const { part, name, summary, findings } of parts) {
    const which = name === undefined ? part : `${part} ${name}`;
    if (findings.length === 0) streams.out(`✓ ${which}: ${summary}\n`);
    for (const { what, mend } of findings) streams.out(`✗ ${which}: ${what}\n  → ${mend}\n`);
  }
}
