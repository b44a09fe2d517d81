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

/** Names of skills are written in channel variables and in the database. */
export const SKILL_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

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

/** Needs at some moment, and how much waiting changes them next; `null`: none. */
export interface SkillNeedsNow {
  readonly needs: SkillNeeds;
  readonly nextAfterMs: number | null;
}

/**
 * What a call asks of members after so much waiting: what the queue's rule says for that time, and what the call itself
 * brought. Where the rule relaxes a skill that the call brought, the call's own need relaxes with it; what the rule never
 * names stays.
 */
export function needsAt(rule: SkillRule, own: SkillNeeds, waitedMs: number): SkillNeedsNow {
  const next = rule.findIndex((row) => row.afterMs > waitedMs);
  const row = rule[(next < 0 ? rule.length : next) - 1];
  const needs: Record<string, number> = { ...row?.needs };
  for (const [skill, level] of Object.entries(own)) {
    const isRelaxed = row !== undefined && row.afterMs > 0 && rule.some((each) => Object.hasOwn(each.needs, skill));
    needs[skill] = isRelaxed ? Math.min(level, row.needs[skill] ?? 0) : level;
  }
  return { needs, nextAfterMs: rule[next]?.afterMs ?? null };
}

/** Whether a member can do all of it. */
export function meets(skills: Skills, needs: SkillNeeds): boolean {
  return Object.entries(needs).every(([skill, level]) => levelOf(skills, skill) >= level);
}

/** Skills come from the database as they were written there. */
function levelOf(skills: Skills, skill: string): number {
  const level = Object.hasOwn(skills, skill) ? skills[skill] : 0;
  return typeof level === 'number' && Number.isFinite(level) ? level : 0;
}

/** Equal needs have one text. */
export function needsKey(needs: SkillNeeds): string {
  const wanted = Object.entries(needs).filter(([, level]) => level > 0);
  return wanted
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([skill, level]) => `${skill}>=${level}`)
    .join(',');
}
