import type { StepRow, StoredStep } from '../../src/ports/step-rows.ts';
import type { Statement } from './statement.ts';

export function selectSteps(limit: number): Statement<StepRow> {
  return { name: 'steps', text: 'select name, definition from ivr_step order by name limit $1', values: [limit] };
}

interface Before {
  readonly name: string;
  readonly before: StoredStep;
}

interface After {
  readonly name: string;
  readonly after: StoredStep;
}

/** No row when there is one of that name. */
export function insertStep({ name, after }: After): Statement<object> {
  return {
    name: 'insert-step',
    text: 'insert into ivr_step (name, definition) values ($1, $2::jsonb) on conflict (name) do nothing returning name',
    values: [name, JSON.stringify(after)],
  };
}

/** No row when somebody has changed it meanwhile; so with the next one. */
export function updateStep({ name, before, after }: Before & After): Statement<object> {
  return {
    name: 'update-step',
    text: 'update ivr_step set definition = $3::jsonb where name = $1 and definition = $2::jsonb returning name',
    values: [name, JSON.stringify(before), JSON.stringify(after)],
  };
}

export function deleteStep({ name, before }: Before): Statement<object> {
  return {
    name: 'delete-step',
    text: 'delete from ivr_step where name = $1 and definition = $2::jsonb returning name',
    values: [name, JSON.stringify(before)],
  };
}
