import { Command, CommanderError } from 'commander';
import type { CallJson, MemberJson, QueueJson, StatusJson } from '../http/views.ts';
import { REPORTS } from '../ports/reports.ts';
import { addCallCommands } from './call-commands.ts';
import { type CheckedPart, isAllWell, writeCheck } from './check-report.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { addConfigurationCommands } from './configuration.ts';
import { addDrainCommand } from './drain-command.ts';
import { EXIT, type ExitStatus } from './exit-status.ts';
import { addFiguresCommands } from './figures-commands.ts';
import { addImport, type ImportParts } from './import-command.ts';
import type { LiveTerminal } from './live-terminal.ts';
import { addMemberCommands } from './member-commands.ts';
import { reportError, type Streams } from './output.ts';
import { addPersonalDataCommands } from './personal-data.ts';
import { addRecordingCommands } from './recording.ts';
import { addReportCommand } from './report-command.ts';
import { statusText } from './status-text.ts';
import { callsText, membersText, queuesText } from './views.ts';
import { watch } from './watch.ts';

/** What the command line needs of the rest; `src/main.ts` brings it, tests bring their own. */
export interface CommandLineParts extends Pick<ImportParts, 'importConfiguration'> {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
  readonly version: string;
  now(): number;
  /** Where something is shown until the user has seen enough. */
  live(): LiveTerminal;
  /** Runs the application until it was told to stop. */
  start(options: { file: string | undefined; switchName: string | undefined }): Promise<void>;
  /** Tries everything that the configuration names. */
  check(options: { file: string | undefined }): Promise<readonly CheckedPart[]>;
}

interface WatchedOptions extends CommonOptions {
  readonly watch?: boolean;
}

/** Runs one command; what it says goes to the streams. Never rejects for an expected failure. */
export async function runCommandLine(args: readonly string[], parts: CommandLineParts): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done;
  const json = args.includes('--json');
  try {
    await program(parts, (given) => {
      status = given;
    }).parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportError(error, { streams: parts.streams, json });
  }
}

function program(parts: CommandLineParts, setStatus: (status: ExitStatus) => void): Command {
  const { streams, version } = parts;
  const root = new Command('queueapp')
    .description('A phone queue in Asterisk that tells members and CRM software who is calling before the phone rings.')
    .version(version)
    .showHelpAfterError('(queueapp --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: streams.out,
      writeErr: streams.error,
      // The same everywhere, so that the documentation can show it.
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .addHelpText('after', HELP_END);
  addLocalCommands(root, parts, setStatus);
  addImport(root, parts);
  addQuestions(root, parts);
  addMemberCommands(root, parts);
  addCallCommands(root, parts);
  addDrainCommand(root, parts);
  addConfigurationCommands(root, parts);
  addFiguresCommands(root, parts);
  addReportCommand(root, parts, REPORTS);
  addPersonalDataCommands(root, parts);
  addRecordingCommands(root, parts);
  return root;
}

const HELP_WIDTH = 110;

const HELP_END = `
Exit status: 0 done, 1 it failed (one line says why), 2 wrong usage, 78 wrong configuration.
All but start, check and import ask the running application at HTTP_URL (else HTTP_LISTEN, else http.listen of the
configuration) and need API_TOKEN.`;

function addLocalCommands(root: Command, parts: CommandLineParts, setStatus: (status: ExitStatus) => void): void {
  command(root, 'start', 'Run the application until SIGTERM or SIGINT.')
    .option('--switch <name>', 'the switch to serve (default: QUEUEAPP_SWITCH, else the first that nobody serves)')
    .action(({ config, switch: switchName }: CommonOptions & { readonly switch?: string }) =>
      parts.start({ file: config, switchName }),
    );
  command(
    root,
    'check',
    'Try configuration, Asterisk, database, XMPP, sounds and billing, and say what is wrong.',
  ).action(async ({ config, json = false }: CommonOptions) => {
    const checked = await parts.check({ file: config });
    writeCheck(checked, { streams: parts.streams, json });
    const isConfigurationWrong = checked.some(({ part, findings }) => part === 'configuration' && findings.length > 0);
    if (!isAllWell(checked)) setStatus(isConfigurationWrong ? EXIT.configuration : EXIT.failed);
  });
}

function addQuestions(root: Command, parts: CommandLineParts): void {
  const question = <Answer>(name: string, description: string, text: (answer: Answer, nowMs: number) => string) =>
    command(root, name, description)
      .option('--watch', 'show it anew each second, until q or Ctrl-C')
      .action(async ({ json = false, ...options }: WatchedOptions) => {
        const api = client(parts, options);
        const { streams, now } = parts;
        if (options.watch) {
          return await watch<Answer>({ api, path: `/${name}`, streams, terminal: parts.live(), now, json, text });
        }
        const answer = await api.get(`/${name}`);
        streams.out(json ? asJson(answer) : text(answer as Answer, now()));
      });
  question<StatusJson>('status', 'How the application stands with Asterisk, database and XMPP.', statusText);
  question<readonly QueueJson[]>('queues', 'The queues, their callers and members in numbers.', queuesText);
  question<readonly MemberJson[]>('members', 'The extensions, where they are logged in and what they do.', membersText);
  question<readonly CallJson[]>('calls', 'The calls in the application.', callsText);
}
