/** Every expected refusal and failure by its stable code; errors.md has a section for each (what happened, what to do). */
export const ERROR_CODES = {
  API_OFF: 'The API is off',
  API_TOKEN_WRONG: 'The bearer token is missing or wrong',
  APPLICATION_UNREACHABLE: 'The running application does not answer the command line',
  ARI_REFUSED: 'Asterisk refused a request',
  ARI_UNAVAILABLE: 'Asterisk does not answer over ARI',
  CALL_UNKNOWN: 'There is no such call',
  CONFIG_INVALID: 'The configuration is wrong',
  DATABASE_FOLDER_IN_USE: 'Another process runs the embedded database of this folder',
  DATABASE_SCHEMA: 'The database does not fit this program',
  DATABASE_START: 'The embedded database does not start',
  DATABASE_UNAVAILABLE: 'The database does not answer',
  EXTENSION_UNKNOWN: 'There is no such extension',
  HTTP_ADDRESS: "The HTTP server can't listen at its address",
  IMPORT_SOURCE: "What is to be imported can't be read",
  IMPORT_TARGET: "A file that an import would write can't be written",
  INTERNAL: 'A fault of the application itself',
  LEASE_LOST: 'Another process acts on the switch now',
  MEDIA_UNAVAILABLE: 'Asterisk takes no personal audio for a caller',
  MEMBER_UNKNOWN: 'The extension is not logged in there',
  QUEUE_UNKNOWN: 'There is no such queue',
  RECORDING_LOST: 'A recording ended before the conversation',
  RECORDING_REFUSED: "What was asked for can't be done with the recording of this call",
  REQUEST_INVALID: "A request to the API can't be understood",
  ROUTE_UNKNOWN: 'The API has nothing at this address',
  STANDBY: 'This process is a standby',
  STEP_UNKNOWN: 'There is no such step of the IVR',
  XMPP_REFUSED: 'The XMPP server refused the account, its encryption or a request',
  XMPP_UNAVAILABLE: 'The XMPP server does not answer',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An expected failure. `details` carries ids and values as fields; the message names the thing and the value. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Whether a thrown thing is an AppError of that code. */
export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
