import { AppError, ERROR_CODES, type ErrorCode } from '../errors.ts';
import { readBody } from '../lib/read-body.ts';

export interface ApiClientOptions {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly token: string | null;
}

/** Longest wait for an answer of the running application. */
const ANSWER_LIMIT_MS = 10_000;
/** Largest answer that is read: some 10,000 calls. */
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

interface Question {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly limitMs?: number;
}

/** Speaks to the running application for the command line. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string | null;

  constructor({ url, token }: ApiClientOptions) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /** @throws AppError with the application's own code, or APPLICATION_UNREACHABLE */
  get(path: string, limitMs = ANSWER_LIMIT_MS): Promise<unknown> {
    return this.#ask({ method: 'GET', path, limitMs });
  }

  /** @throws AppError with the application's own code, or APPLICATION_UNREACHABLE */
  post(path: string, body: object): Promise<unknown> {
    return this.#ask({ method: 'POST', path, body });
  }

  async #ask({ method, path, body, limitMs = ANSWER_LIMIT_MS }: Question): Promise<unknown> {
    if (this.#token === null) {
      throw new AppError(
        'API_TOKEN_WRONG',
        'API_TOKEN is not set: give it the same value as the running application has',
      );
    }
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}`, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const answer = await this.#send(`${this.#url}/api/v1${path}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(limitMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status === 200) return answer.json;
    throw this.#refusal(answer);
  }

  async #send(url: string, request: RequestInit): Promise<{ status: number; json: unknown }> {
    try {
      const response = await fetch(url, request);
      const text = await readBody(response, ANSWER_BYTES_MAX);
      if (text === null) throw new Error('its answer is too large');
      return { status: response.status, json: parsed(text) };
    } catch (error) {
      const message = `queueapp does not answer at ${this.#url} (${reasonOf(error)}): is it running there?`;
      throw new AppError('APPLICATION_UNREACHABLE', message, { cause: error });
    }
  }

  #refusal({ status, json }: { status: number; json: unknown }): AppError {
    const error = (json as { error?: { code?: unknown; message?: unknown; findings?: unknown } } | null)?.error ?? {};
    const { code, message, findings } = error;
    if (typeof code === 'string' && code in ERROR_CODES && typeof message === 'string') {
      return new AppError(code as ErrorCode, message, Array.isArray(findings) ? { details: { findings } } : {});
    }
    return new AppError('APPLICATION_UNREACHABLE', `${this.#url} answers ${status}, but is no queueapp`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const { cause, name, message } = error as Error & { cause?: NodeJS.ErrnoException };
  const code = cause?.code;
  if (code === 'ECONNREFUSED') return 'nothing listens';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name does not resolve';
  if (name === 'TimeoutError') return `no answer within ${ANSWER_LIMIT_MS / 1000} s`;
  return code ?? cause?.message ?? message;
}
