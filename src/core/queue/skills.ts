/** What a member can do, by name: 0 to 100. What is not named is 0. */
export type Skills = Readonly<Record<string, number>>;

/** What a call asks for: at least so much of each. */
export type SkillNeeds = Readonly<Record<string, number>>;

/** From `afterMs` of waiting on, these needs hold instead of the ones before. */
export interface SkillRuleRow {
  readonly afterMs: number;
  readonly needs: SkillNeeds;
}

/** Needs by waiting time, in the order of time; empty: none. */
export type SkillRule = readonly SkillRuleRow[];

const NEED = /^([A-Za-z][A-Za-z0-9_-]{0,63})\s*(?:(>=|>|=)\s*(\d{1,3}))?$/;
const NEEDS_MAX = 20;

/**
 * The channel variable QUEUE_SKILLS: `english>=50,billing`. A name alone asks for 1 or more. What can't be read is passed over: a slip
 * in the dialplan must not keep a caller from everybody.
 */
export function readSkillNeeds(text: string): SkillNeeds {
  const parts = text.split(/[,&]/, NEEDS_MAX).map((part) => NEED.exec(part.trim()));
  return Object.fromEntries(
    parts
      .filter((match) => match !== null)
      .map(([, name = '', sign = '>=', least = '1']) => [name, Math.min(100, Number(least) + (sign === '>' ? 1 : 0))]),
  );
}
