import type { CustomTypesConfig } from 'pg';

/** One prepared statement: the server parses `text` once per connection under `name`. */
export interface Statement<Row extends object> {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /** How columns become values, when not in pg's usual way. */
  readonly types?: CustomTypesConfig;
  /** Only for the type checker: what a row looks like. */
  readonly row?: Row;
}

/** SQL for a moment given as a parameter in Unix milliseconds. */
export function momentOf(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}

/** SQL for a column of type timestamptz as Unix milliseconds; whole milliseconds come back exactly. */
export function asMs(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`;
}
