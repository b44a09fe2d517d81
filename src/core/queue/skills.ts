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
