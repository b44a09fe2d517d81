import { parse } from 'yaml';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';
import type { Conf } from '../../../src/import/asterisk/conf.ts';
import { parseConf } from '../../../src/import/asterisk/parse-conf.ts';
import { configurationOf } from '../../../src/import/configuration.ts';
import { Draft, type Entry } from '../../../src/import/draft.ts';
import { importMusic } from '../../../src/import/music.ts';
import { importRules, resolveRules } from '../../../src/import/penalty-rules.ts';
import { importQueues } from '../../../src/import/queues.ts';
import { confTable } from './conf-table.ts';

/** Texts of Asterisk's files. */
export interface Texts {
  readonly queues?: string;
  readonly rules?: string;
  readonly music?: string;
}

export function conf(text: string, file = 'queues.conf'): Conf {
  const parsed = parseConf(file, confTable({ [file]: text }));
  if ('findings' in parsed) throw new Error(parsed.findings.map(findingLine).join('\n'));
  return parsed.conf;
}

/** What an import makes of texts: the draft after the configuration was settled, and the configuration as the application reads it. */
export function imported({ queues = '[q]\n', rules, music }: Texts) {
  const draft = new Draft();
  importQueues(conf(queues), draft);
  resolveRules(draft, rules === undefined ? null : importRules(conf(rules, 'queuerules.conf'), draft));
  if (music !== undefined) importMusic(conf(music, 'musiconhold.conf'), draft, '/var/lib/asterisk');
  const { text } = configurationOf(draft, 'out.yaml');
  const { findings } = checkFile(text, 'out.yaml');
  if (findings.length > 0) throw new Error(findings.map(findingLine).join('\n'));
  return { draft, text, config: parse(text) as Configured, fate: draft.entries.map(fateOf) };
}

/** The parts of a configuration that an import writes. */
export interface Configured {
  readonly queues: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
  readonly queueing?: Readonly<Record<string, unknown>>;
  readonly 'penalty-rules'?: Readonly<Record<string, unknown>>;
  readonly 'music-classes'?: Readonly<Record<string, unknown>>;
}

/** `taken timeout → queues.q.ring-timeout`, `left x: why`. */
export function fateOf({ verdict, option, path, note }: Entry): string {
  return `${verdict} ${option}${path === null ? '' : ` → ${path.join('.')}`}${note === null ? '' : `: ${note}`}`;
}
