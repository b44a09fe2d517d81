import { AppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface AriRequest {
  readonly method: Method;
  /** Without the leading `/ari/`, made by `uri` and `withQuery`. */
  readonly address: string;
  readonly body?: unknown;
}

export interface AriResponse {
  readonly status: number;
  /** JSON text as Asterisk sent it; '' when there is none. */
  readonly body: string;
}

/** Sends one request and waits for its response; rejects with ARI_UNAVAILABLE when none comes. */
export type SendRequest = (request: AriRequest, timeoutMs: number) => Promise<AriResponse>;

interface Pending {
  readonly request: AriRequest;
  readonly resolve: (response: AriResponse) => void;
  readonly reject: (error: AppError) => void;
  readonly cancelTimeout: () => void;
}

/** The message of the event socket that answers a request (`RESTResponse`, Asterisk 20.14 and 22.4 or newer). */
export interface RestResponse {
  readonly type: 'RESTResponse';
  readonly request_id: string;
  readonly status_code: number;
  readonly message_body?: string;
}

/** Requests over the event socket that wait for their `RESTResponse`: a bounded table, each entry with a time limit. */
export class RequestTable {
  readonly #clock: Clock;
  readonly #pendingMax: number;
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;

  constructor({ clock, pendingMax }: { clock: Clock; pendingMax: number }) {
    this.#clock = clock;
    this.#pendingMax = pendingMax;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Writes a `RESTRequest` with `write`. At the table's limit the request is refused at once: Asterisk is far behind. */
  send(request: AriRequest, timeoutMs: number, write: (message: string) => void): Promise<AriResponse> {
    if (this.#pending.size >= this.#pendingMax) {
      return Promise.reject(unavailable(request, `${this.#pendingMax} requests wait for Asterisk already`));
    }
    const requestId = String(++this.#lastId);
    return new Promise((resolve, reject) => {
      const cancelTimeout = this.#clock.after(timeoutMs, () => {
        this.#pending.delete(requestId);
        reject(unavailable(request, `Asterisk did not answer within ${timeoutMs} ms`));
      });
      this.#pending.set(requestId, { request, resolve, reject, cancelTimeout });
      write(message(requestId, request));
    });
  }

  /** Settles the request that the response belongs to; one that came too late is dropped. */
  settle(response: RestResponse): void {
    const pending = this.#pending.get(response.request_id);
    if (!pending) return;
    this.#pending.delete(response.request_id);
    pending.cancelTimeout();
    pending.resolve({ status: response.status_code, body: response.message_body ?? '' });
  }

  /** Rejects everything that waits. */
  close(reason: string): void {
    for (const [requestId, { request, reject, cancelTimeout }] of this.#pending) {
      this.#pending.delete(requestId);
      cancelTimeout();
      reject(unavailable(request, reason));
    }
  }
}

/** The error of a request that got no answer: what became of it is not known. */
export function unavailable({ method, address }: AriRequest, reason: string, cause?: unknown): AppError {
  const resource = address.split('?')[0];
  return new AppError('ARI_UNAVAILABLE', `${method} ${resource}: ${reason}`, {
    details: { method, resource },
    ...(cause === undefined ? {} : { cause }),
  });
}

function message(requestId: string, { method, address, body }: AriRequest): string {
  return JSON.stringify({
    type: 'RESTRequest',
    request_id: requestId,
    method,
    uri: address,
    ...(body === undefined ? {} : { content_type: 'application/json', message_body: JSON.stringify(body) }),
  });
}
