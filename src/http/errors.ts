import type { FastifyError } from 'fastify';
import { AppError, type ErrorCode } from '../errors.ts';

/** Status of each code that a route can meet; all others are 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  API_OFF: 503,
  API_TOKEN_WRONG: 401,
  ARI_UNAVAILABLE: 503,
  CALL_UNKNOWN: 404,
  CONFIG_INVALID: 422,
  DATABASE_UNAVAILABLE: 503,
  EXTENSION_UNKNOWN: 404,
  MEMBER_UNKNOWN: 404,
  QUEUE_UNKNOWN: 404,
  STEP_UNKNOWN: 404,
  RECORDING_REFUSED: 409,
  REQUEST_INVALID: 400,
  ROUTE_UNKNOWN: 404,
  STANDBY: 503,
};

/** What a client is told of an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: { readonly code: string; readonly message: string; readonly findings?: unknown } };
}

/** Expected errors keep their code and words; fastify's own become REQUEST_INVALID; of all others nothing is told. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof AppError) {
    const status = STATUS[error.code] ?? 500;
    const { status: code, body } = answer(status, error.code, error.message);
    const { findings } = error.details;
    return { status: code, body: { error: { ...body.error, ...(findings === undefined ? {} : { findings }) } } };
  }
  const { statusCode = 500, message } = error as Partial<FastifyError>;
  if (statusCode >= 400 && statusCode < 500) return answer(statusCode, 'REQUEST_INVALID', message ?? 'Bad request');
  return answer(500, 'INTERNAL', 'The application failed at this request; its log says more');
}

const answer = (status: number, code: ErrorCode, message: string): ErrorAnswer => ({
  status,
  body: { error: { code, message } },
});
