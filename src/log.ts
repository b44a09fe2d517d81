import { type LoggerOptions, type Logger as PinoLogger, pino } from 'pino';
import { systemClock } from './lib/clock.ts';
import { floodGuard } from './log-flood.ts';

export type Logger = PinoLogger;

/** Personal data (numbers, names, customers, digits, stanzas) goes under this key only, and is removed unless switched on. */
export const PII_KEY = 'pii';

export interface LogSettings {
  readonly level: string;
  /** Whether personal data may be written. */
  readonly personalData: boolean;
}

/** The root logger; rooms take `log.child({ room })`, calls `log.child({ callId })`. */
export function createLog(
  { level, personalData }: LogSettings,
  destination?: NodeJS.WritableStream,
  now: () => number = systemClock.now,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    hooks: { logMethod: floodGuard(now) },
    formatters: { level: (label) => ({ level: label }) },
    ...(personalData ? {} : { redact: { paths: [PII_KEY], censor: '[redacted]' } }),
  };
  return destination ? pino(options, destination) : pino(options);
}

/** A logger that writes nothing, for tests and one-shot commands. */
export function silentLog(): Logger {
  return pino({ level: 'silent' });
}
