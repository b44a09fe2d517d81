import { z } from 'zod';
import { PENALTY_MAX, type PenaltyChange, type PenaltyRule } from '../core/queue/penalty-rules.ts';
import { SKILL_NAME, type SkillRule } from '../core/queue/skills.ts';
import { shown } from './findings.ts';
import { count, duration, section } from './values.ts';

const ROWS_MAX = 100;

/** `5`, or a difference: `'+1'`, `'-2'`. */
const penaltyChange = () =>
  z
    .union([z.string(), z.number()])
    .transform((written, context): PenaltyChange => {
      const match = /^([+-])?(\d{1,10})$/.exec(typeof written === 'number' ? String(written) : written.trim());
      const value = Number(match?.[2]);
      if (match !== null && value <= PENALTY_MAX) {
        // A bare negative number is a difference, too: YAML reads -1 and '-1' alike.
        if (match[1] === undefined) return { type: 'set', value };
        return { type: 'add', value: match[1] === '-' ? -value : value };
      }
      const message = `expected a penalty such as 5, or a difference such as '+1', got ${shown(written)}`;
      context.issues.push({ code: 'custom', input: written, message });
      return z.NEVER;
    })
    .optional()
    .meta({ kind: "penalty, or difference such as `'+1'`" });

/** One row of a rule. */
export const penaltyRowFields = section({
  after: duration().describe('From so much waiting on. Rows stand in the order of time.'),
  min: penaltyChange().describe('The least penalty of members who may be rung (queuerules.conf).'),
  max: penaltyChange().describe('The greatest penalty of members who may be rung.'),
  raise: penaltyChange().describe('Members of a lower penalty count as this one.'),
});

const inOrder = (rows: readonly { readonly afterMs: number }[]) =>
  rows.every(({ afterMs }, index) => index === 0 || afterMs >= (rows[index - 1]?.afterMs ?? 0));
const OUT_OF_ORDER = 'the rows must stand in the order of their times';

/** One of `penalty-rules`. */
export const penaltyRule = z
  .array(
    penaltyRowFields.transform(({ after, min = null, max = null, raise = null }) => ({
      afterMs: after,
      min,
      max,
      raise,
    })),
  )
  .max(ROWS_MAX)
  .refine(inOrder, { error: OUT_OF_ORDER })
  .transform((rows): PenaltyRule => rows);

/** One row of a rule. */
export const skillRowFields = section({
  after: duration().prefault(0).describe('From so much waiting on. Rows stand in the order of time.'),
  needs: z
    .record(
      z.string().regex(SKILL_NAME, { error: 'the name of a skill is made of letters, digits, - and _, at most 64' }),
      count(0, 100),
    )
    .meta({ kind: 'skills with numbers from 0 to 100' })
    .describe('Only members who can do all of it are rung; `{}`: everybody is.'),
});

/** One of `skill-rules`. */
export const skillRule = z
  .array(skillRowFields.transform(({ after, needs }) => ({ afterMs: after, needs })))
  .max(ROWS_MAX)
  .refine(inOrder, { error: OUT_OF_ORDER })
  .transform((rows): SkillRule => rows);

/** The rules of a file that is not checked yet, so that queues can refer to them; a wrong one counts as empty here. */
export function rulesByName<Rule>(written: unknown, rule: z.ZodType<readonly Rule[]>): Record<string, readonly Rule[]> {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return {};
  return Object.fromEntries(Object.entries(written).map(([name, rows]) => [name, rule.safeParse(rows).data ?? []]));
}
