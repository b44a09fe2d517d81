import type { Command } from 'commander';
import type { ImportOptions, Report } from '../import/report.ts';
import { EXIT } from './exit-status.ts';
import { reportJson, reportText } from './import-report.ts';
import type { Streams } from './output.ts';

/** What the command needs of the rest. */
export interface ImportParts {
  readonly streams: Streams;
  /** Reads Asterisk's files and the older program's tables, and writes what becomes of them. */
  importConfiguration(options: ImportOptions): Promise<Report>;
}

interface WrittenOptions {
  readonly queues?: string;
  readonly rules?: string;
  readonly music?: string;
  readonly database?: string;
  readonly asteriskData?: string;
  readonly output: string;
  readonly membersSql: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const DESCRIPTION =
  'Turn configuration of app_queue and music on hold, or the tables of the older program, into one of queueapp.';

/** `queueapp import`. It has no `--config`: it reads no configuration of the application's, and writes one. */
export function addImport(root: Command, { streams, importConfiguration }: ImportParts): void {
  const command = root
    .command('import')
    .description(DESCRIPTION)
    .showHelpAfterError('(queueapp import --help says more)');
  command
    .argument('[files...]', 'queues.conf, queuerules.conf, musiconhold.conf')
    .option('--queues <file>', 'a queues.conf of another name')
    .option('--rules <file>', 'a queuerules.conf of another name')
    .option('--music <file>', 'a musiconhold.conf of another name')
    .option('--database <url>', 'the tables customer, sip, queue and queue_sip of the older program')
    .option('--asterisk-data <folder>', 'where folders of musiconhold.conf lie (astdatadir)')
    .option('--output <file>', 'the configuration that is written', 'queueapp-import.yaml')
    .option('--members-sql <file>', 'the statements that are written', 'queueapp-import.sql')
    .option('--force', 'write over files that are there')
    .option('--json', 'print JSON, for programs')
    .option('--dry-run', 'write nothing, say what would become of each option')
    .action(async (files: string[], written: WrittenOptions) => {
      const { queues, rules, music, database, asteriskData, output, membersSql, force, dryRun, json } = written;
      if (files.length === 0 && [queues, rules, music, database].every((each) => each === undefined))
        command.error('error: name files of Asterisk, or --database', { exitCode: EXIT.usage });
      const report = await importConfiguration({
        ...{ files, named: { queues, queuerules: rules, musiconhold: music }, database },
        ...{ dataFolder: asteriskData, output, sql: membersSql, force: force ?? false, isDryRun: dryRun ?? false },
      });
      streams.out(json ? `${JSON.stringify(reportJson(report), null, 2)}\n` : reportText(report));
    });
}
