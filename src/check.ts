import { checkXmpp } from '../xmpp/check.ts';
import { checkAccounts, tryAccountStatements } from './check/accounts.ts';
import { checkSwitches } from './check/asterisk.ts';
import { checkDatabase } from './check/database.ts';
import { checkMusic } from './check/music.ts';
import { checkRows } from './check/rows.ts';
import { checkStrategies } from './check/strategies.ts';
import type { CheckedPart, CheckFinding } from './cli/check-report.ts';
import type { Config, Secrets } from './config/config.ts';
import { type Finding, findingLine } from './config/findings.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from './config/load.ts';
import { isAppError } from './errors.ts';
import { xmppSettings } from './xmpp-settings.ts';

/**
 * Tries everything that the configuration names, all at the same time, and says what is wrong and how to mend it. Changes
 * nothing but a pubsub node that it creates and deletes.
 */
export async function checkAll(options: LoadOptions): Promise<readonly CheckedPart[]> {
  const configuration = checkConfiguration(options);
  if (configuration.loaded === null) return [configuration.part];
  const { config, secrets } = configuration.loaded;
  const database = databaseAndStatements(configuration.loaded, options.env);
  const [ofSwitches, ofDatabase, ofXmpp, music, accounts, strategies] = await Promise.all([
    checkSwitches(config, secrets, {
      prompts: database.then(({ withRows }) => withRows),
    }),
    database.then(({ part }) => part),
    xmpp(config, secrets),
    checkMusic(config),
    checkAccounts(
      config,
      secrets,
      database.then(({ statements }) => statements),
    ),
    checkStrategies(config),
  ]);
  const isSounds = ({ part }: CheckedPart) => part === 'sounds';
  return [
    configuration.part,
    ...ofSwitches.filter((each) => !isSounds(each)),
    ofDatabase,
    ofXmpp,
    ...ofSwitches.filter(isSounds),
    music,
    ...[accounts, strategies].filter((each) => each !== null),
  ];
}

/** The application's own server runs for the check only, so what needs a database is tried while it is there. */
async function databaseAndStatements(
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
): Promise<{ part: CheckedPart; statements: readonly CheckFinding[] | null; withRows: Config }> {
  let statements: readonly CheckFinding[] | null = null;
  let withRows = loaded.config;
  const part = await checkDatabase(loaded.config, loaded.secrets, async (databaseUrl) => {
    statements = await tryAccountStatements(loaded.config, databaseUrl);
    const rows = await checkRows(loaded, env, databaseUrl);
    withRows = rows.config;
    return rows;
  });
  return { part, statements, withRows };
}

function checkConfiguration(options: LoadOptions): { part: CheckedPart; loaded: LoadedConfig | null } {
  try {
    const loaded = loadConfig(options);
    const { config, warnings } = loaded;
    const steps = Object.keys(config.ivr.steps).length;
    const counts = `${config.file}: ${config.queues.length} ${plural('queue', config.queues.length)}, ${steps} ${plural('step', steps)}`;
    const odd = warnings.map((warning) => `\n  ! ${findingLine(warning)}`).join('');
    return { part: { part: 'configuration', summary: counts + odd, findings: [] }, loaded };
  } catch (error) {
    if (!isAppError(error, 'CONFIG_INVALID')) throw error;
    const wrong = (error.details['findings'] ?? []) as readonly Finding[];
    const findings = wrong.map((finding) => ({ what: findingLine(finding), mend: mendOf(finding) }));
    return { part: { part: 'configuration', summary: '', findings }, loaded: null };
  }
}

function mendOf({ file, path }: Finding): string {
  if (file === 'environment')
    return `Set ${path.join('.')} in the environment; docs/configuration.md says what it means`;
  return 'Correct the line; docs/configuration.md explains every setting';
}

async function xmpp(config: Config, secrets: Secrets): Promise<CheckedPart> {
  const settings = xmppSettings(config, secrets);
  if (settings === null) {
    const what = 'members and CRM software are not told of calls';
    return part('xmpp', `not configured (XMPP_SERVICE, XMPP_JID, XMPP_PASSWORD): ${what}`, []);
  }
  const { username, domain, pubsubService } = settings;
  const { findings } = await checkXmpp(settings);
  return part('xmpp', `logged in as ${username}@${domain}; nodes can be created on ${pubsubService}`, findings);
}

const plural = (word: string, count: number) => (count === 1 ? word : `${word}s`);

function part(name: CheckedPart['part'], summary: string, findings: readonly CheckFinding[]): CheckedPart {
  return { part: name, summary: findings.length === 0 ? summary : '', findings };
}
