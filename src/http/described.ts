import { errorSchema } from './schemas.ts';

const security = [{ bearer: [] }];

/** The options of a route of the API: its name and sentence in the description, and the schema of its answer. */
export function described(operationId: string, summary: string, answer: object) {
  return {
    schema: { operationId, summary, security, response: { 200: answer, '4xx': errorSchema, '5xx': errorSchema } },
  };
}
