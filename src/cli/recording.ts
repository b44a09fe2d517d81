import type { Command } from 'commander';
import type { RecordingAction, RecordingJson, RecordingState, RecordingStateJson } from '../http/recording-routes.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { printable, type Streams, table } from './output.ts';
import { ago } from './views.ts';

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
}

interface ListOptions extends CommonOptions {
  readonly call?: string;
  readonly limit?: string;
}

const ACTIONS: Readonly<Record<RecordingAction, string>> = {
  start: 'Record the conversation of a call from now on.',
  pause: 'Record silence until resume.',
  resume: 'Record again what is said.',
  stop: 'End the recording; the conversation goes on.',
};

const SENTENCES: Readonly<Record<RecordingState, string>> = {
  off: 'is not recorded',
  consent: 'will be recorded when the caller has been told',
  recording: 'is recorded',
  paused: 'is recorded; the recording is paused',
};

/** `recording list`, and `recording start`, `pause`, `resume` and `stop` of a call. */
export function addRecordingCommands(root: Command, parts: Parts): void {
  const group = root.command('recording').description('Start, pause, resume and stop recordings; list them.');
  for (const [name, description] of Object.entries(ACTIONS)) {
    command(group, `${name} <call-id>`, description).action(async (callId: string, options: CommonOptions) => {
      const path = `/calls/${encodeURIComponent(callId)}/recording/${name}`;
      const answer = (await client(parts, options).post(path, {})) as RecordingStateJson;
      parts.streams.out(options.json ? asJson(answer) : `${callId} ${SENTENCES[answer.state]}\n`);
    });
  }
  command(group, 'list', 'What was recorded, newest first.')
    .option('--call <call-id>', 'only of this call')
    .option('--limit <number>', 'at most so many (default: 20)')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams();
      if (options.call !== undefined) query.set('call', options.call);
      if (options.limit !== undefined) query.set('limit', options.limit);
      const answer = (await client(parts, options).get(`/recordings?${query}`)) as readonly RecordingJson[];
      parts.streams.out(options.json ? asJson(answer) : listText(answer));
    });
}

function listText(recordings: readonly RecordingJson[]): string {
  if (recordings.length === 0) return 'No recordings\n';
  const headings = ['started', 'length', 'size', 'queue', 'member', 'state', 'call', 'file'];
  const rows = recordings.map(({ started, ended, bytes, queue, extension, state, error, callId, file }) => [
    started,
    ended === null ? '-' : ago(started, Date.parse(ended)),
    bytes === null ? '-' : `${(bytes / 1_000_000).toFixed(1)} MB`,
    queue,
    extension,
    error === null ? state : `${state}: ${printable(error)}`,
    callId,
    file,
  ]);
  return table(headings, rows);
}
