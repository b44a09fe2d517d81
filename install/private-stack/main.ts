// install/stack: the command line of the private stack.
import { parseArgs } from 'node:util';
import { createStack, DEFAULT_NAME, openStack } from './create-stack.ts';
import { environmentLines } from './env.ts';
import { lastLines } from './processes.ts';
import type { Stack } from './stack.ts';
import { StackError } from './stack-error.ts';
import { SERVERS, type Server } from './state.ts';
import { sayOnStderr } from './steps.ts';

const HELP = `usage: install/stack COMMAND [options]

A private Asterisk, XMPP server and PostgreSQL, on loopback and on free ports.

  up                 make sure that it is up: install what is missing, start what does not run
  down               end all its processes and remove its run folder (--keep leaves the folder and its data)
  status             say what runs and where; exit status 1 unless everything runs
  env                print KEY=value lines for a shell:  set -a; eval "$(install/stack env)"; set +a
  logs [SERVER]      print the last lines of the logs (--lines N, 50 if not given)
  start|stop|restart|kill SERVER
                     one server alone, same ports, same data; kill is SIGKILL

SERVER is one of asterisk, xmpp, postgres.

  --name NAME        several stacks side by side (default: ${DEFAULT_NAME})
  --asterisk KIND    with up: current (default), or bullseye: Debian 11's 16.28, without chan_websocket
  --xmpp KIND        with up: prosody (default) or ejabberd
  --pubsub STORAGE   with up, Prosody: internal (default) or memory
  --members N        with up: N endpoints m001, m002, … beside the phones 1000, 2000 and 3000
  --keep             with down
  --help

With DATABASE_URL in the environment, up uses that PostgreSQL and starts none.
Exit status: 0 done, 1 a step failed (it says what to do), 2 wrong usage.
`;

class UsageError extends Error {}

const OPTIONS = {
  name: { type: 'string', default: DEFAULT_NAME },
  asterisk: { type: 'string' },
  xmpp: { type: 'string' },
  pubsub: { type: 'string' },
  members: { type: 'string' },
  lines: { type: 'string' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const parse = (args: string[]) => {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

type Options = ReturnType<typeof parse>['values'];
type Command = (options: Options, rest: readonly string[]) => Promise<number>;

const oneOf = <T extends string>(what: string, value: string | undefined, allowed: readonly T[]): T | undefined => {
  if (value === undefined) return undefined;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined)
    throw new UsageError(`${what} is one of ${allowed.join(', ')}, not ${JSON.stringify(value)}`);
  return found;
};

const wholeNumber = (what: string, value: string | undefined, highest: number): number | undefined => {
  if (value === undefined) return undefined;
  if (!/^\d{1,6}$/.test(value) || Number(value) > highest)
    throw new UsageError(`${what} is a number from 0 to ${highest}`);
  return Number(value);
};

const serverOf = (rest: readonly string[]): Server => {
  const server = oneOf('The server', rest[0], SERVERS);
  if (server === undefined || rest.length > 1) throw new UsageError(`name one server: ${SERVERS.join(', ')}`);
  return server;
};

const existing = (options: Options): Stack => {
  const stack = openStack(options.name, sayOnStderr);
  if (stack) return stack;
  throw new StackError(`There is no stack named ${options.name}`, `install/stack up --name ${options.name} makes one`);
};

const describe = (stack: Stack): string => {
  const { env } = stack;
  const where: Record<Server, string> = {
    asterisk: `SIP ${env.SIP_HOST}:${env.SIP_PORT} (UDP), ARI ${env.ARI_URL}`,
    xmpp: `${env.XMPP_SERVICE}, domain ${env.XMPP_DOMAIN}`,
    postgres: env.DATABASE_URL.replace(/:[^:@/]*@/, ':***@'),
  };
  const state = (server: Server): string => {
    if (!stack.servers.includes(server)) return 'yours, not managed';
    return stack.isRunning(server) ? `running, pid ${stack.state.processes[server]?.pid}` : 'not running';
  };
  const lines = SERVERS.map((server) => `  ${server.padEnd(9)} ${state(server)}; ${where[server]}`);
  return [`stack ${stack.state.name} (${stack.state.folder})`, ...lines].join('\n');
};

const COMMANDS: Readonly<Record<string, Command>> = {
  up: async (options) => {
    const before = openStack(options.name);
    const wasUp = before?.state.complete && before.servers.every((server) => before.isRunning(server));
    const asterisk = oneOf('--asterisk', options.asterisk, ['current', 'bullseye'] as const);
    const xmpp = oneOf('--xmpp', options.xmpp, ['prosody', 'ejabberd'] as const);
    const pubsub = oneOf('--pubsub', options.pubsub, ['internal', 'memory'] as const);
    const members = wholeNumber('--members', options.members, 999);
    const databaseUrl = process.env['DATABASE_URL'];
    if (databaseUrl && !before) sayOnStderr('· using the PostgreSQL of DATABASE_URL');
    const stack = await createStack({
      name: options.name,
      say: sayOnStderr,
      ...(asterisk && { asterisk }),
      ...(xmpp && { xmpp }),
      ...(pubsub && { pubsub }),
      ...(members !== undefined && { members }),
      ...(databaseUrl && { databaseUrl }),
    });
    if (wasUp) sayOnStderr('already up');
    process.stdout.write(`${describe(stack)}\n`);
    return 0;
  },
  down: async (options) => {
    const stack = openStack(options.name, sayOnStderr);
    if (stack) await stack.down({ keep: options.keep });
    else sayOnStderr(`there is no stack named ${options.name}`);
    return 0;
  },
  status: async (options) => {
    const stack = existing(options);
    process.stdout.write(`${describe(stack)}\n`);
    return stack.servers.every((server) => stack.isRunning(server)) ? 0 : 1;
  },
  env: async (options) => {
    process.stdout.write(environmentLines(existing(options).env));
    return 0;
  },
  logs: async (options, rest) => {
    const servers = rest.length > 0 ? [serverOf(rest)] : SERVERS;
    const count = wholeNumber('--lines', options.lines, 100_000) ?? 50;
    const stack = existing(options);
    for (const server of servers) {
      for (const file of stack.logs(server)) process.stdout.write(`==> ${file}\n${lastLines(file, count)}\n`);
    }
    return 0;
  },
  ...Object.fromEntries(
    (['start', 'stop', 'restart', 'kill'] as const).map((verb): [string, Command] => [
      verb,
      async (options, rest) => {
        const server = serverOf(rest);
        await existing(options)[verb](server);
        return 0;
      },
    ]),
  ),
};

const main = async (args: string[]): Promise<number> => {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  if (values.help || name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined;
  if (!command)
    throw new UsageError(name === undefined ? 'a command is missing' : `unknown command ${JSON.stringify(name)}`);
  return command(values, rest);
};

// `install/stack logs | head` ends reading early, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    sayOnStderr(`install/stack: ${error.message} (try --help)`);
    process.exitCode = 2;
  } else if (error instanceof StackError) {
    sayOnStderr(`✗ ${error.message}\n  → ${error.cure}`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
