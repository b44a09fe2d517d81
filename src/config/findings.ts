import { AppError } from '../errors.ts';

export type FindingPath = readonly (string | number)[];

/** One thing that is wrong with the configuration. */
export interface Finding {
  /** The file, or `environment`. */
  readonly file: string;
  /** `null` where there are no lines: in the environment. */
  readonly line: number | null;
  readonly column: number | null;
  /** The setting, from the top: `['queues', 'support', 'ring-timeout']`. */
  readonly path: FindingPath;
  readonly reason: string;
}

/** `queueapp.yaml:12:5 queues.support.ring-timeout: expected a duration such as 15s, got "fast"`. */
export function findingLine({ file, line, column, path, reason }: Finding): string {
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`;
  return path.length === 0 ? `${place}: ${reason}` : `${place} ${pathText(path)}: ${reason}`;
}

/** A setting's path as people write it: `ivr.steps.main.keys.1`, `xmpp.subscribers[0]`. */
export function pathText(path: FindingPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const word = /^[\w*#-]+$/.test(part) ? part : JSON.stringify(part);
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

/** The error of a configuration that can't be used; one line for each finding. */
export function configInvalid(findings: readonly Finding[]): AppError {
  const sorted = [...findings].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return new AppError('CONFIG_INVALID', sorted.map(findingLine).join('\n'), { details: { findings: sorted } });
}

/** What was written, short and on one line, for a message. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of settings';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
