// install/demo: the private stack, the application, and one real call through both.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { createStack, openStack } from '../private-stack/create-stack.ts';
import { environmentOf, type StackEnv } from '../private-stack/env.ts';
import { CHECKOUT } from '../private-stack/paths.ts';
import { StackError } from '../private-stack/stack-error.ts';
import { sayOnStderr, stepsOn } from '../private-stack/steps.ts';
import { placeCall } from './call.ts';
import { applicationLog, startApplication, stopApplication } from './running-app.ts';
import { TimeLine } from './time-line.ts';

const HELP = `usage: install/demo [--once | --stop] [--name NAME] [--xmpp prosody|ejabberd]

Starts a private Asterisk, XMPP server and PostgreSQL and the application, places a real call through them and prints
what happened. Leaves everything running, with the addresses to try by hand.

  --once   stop everything after the call; exit status 1 when any step of it is missing
  --stop   only stop what an earlier demonstration left running
  --name   the stack to use (default: demo)
  --help`;

const step = stepsOn(sayOnStderr);

process.exitCode = await main().catch((error: unknown) => {
  sayOnStderr(`✗ ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof StackError) sayOnStderr(`  → ${error.cure}`);
  return 1;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      stop: { type: 'boolean', default: false },
      name: { type: 'string', default: 'demo' },
      xmpp: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { name, once, stop, xmpp, help } = values;
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (xmpp !== undefined && xmpp !== 'prosody' && xmpp !== 'ejabberd') {
    sayOnStderr(`--xmpp ${xmpp}: prosody or ejabberd\n\n${HELP}`);
    return 2;
  }
  if (stop) return await stopEverything(name);
  await step('building the application (npm run build)', async () => {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: CHECKOUT, stdio: ['ignore', 'ignore', 'inherit'] });
  });
  const stack = await createStack({ name, say: sayOnStderr, ...(xmpp === undefined ? {} : { xmpp }) });
  const env = environmentOf(stack.state);
  try {
    await step('starting the application', () => startApplication(env));
    return await showCall(env);
  } finally {
    if (once) await stopEverything(name);
    else console.log(whatToTry(env, name));
  }
}

async function showCall(env: StackEnv): Promise<number> {
  const line = new TimeLine();
  console.log('\nA real call: baresip as caller and phone, slixmpp as chat client and CRM\n');
  const file = await placeCall(env, line).catch((error: unknown) => {
    if (line.missing === null) throw error;
    return null;
  });
  console.log(`\nWhat happened, in seconds:\n\n${line.text()}\n`);
  if (file === null) {
    console.log(`MISSING: ${line.missing}\nThe application's log: ${applicationLog()}`);
    return 1;
  }
  console.log(`Every step of the call took place. What the caller heard: ${file}`);
  return 0;
}

async function stopEverything(name: string): Promise<number> {
  const stack = openStack(name, sayOnStderr);
  if (stack === undefined) {
    sayOnStderr(`The stack ${name} is not there`);
    return 0;
  }
  await step('stopping the application', () => stopApplication(environmentOf(stack.state)));
  await stack.takeDown({});
  return 0;
}

function whatToTry(env: StackEnv, name: string): string {
  return `
Everything runs on. To try by hand:

  SIP phone    user 1000, 2000 or 3000 (caller: caller), server ${env.SIP_HOST}:${env.SIP_PORT} (UDP), password ${env.SIP_PASSWORD}
               0000 the menu, *56466* log in, *564633* log out
  Chat         user1@${env.XMPP_DOMAIN} (user2, user3), server ${env.XMPP_SERVICE}, password ${env.MEMBER_PASSWORD}
  CRM          ${env.CRM_JID}, password ${env.CRM_PASSWORD}, node extension1000 on ${env.XMPP_PUBSUB}
               certificate of the server's authority: ${env.XMPP_CA}
  Database     ${env.DATABASE_URL}
  Application  ${env.HTTP_URL}/readyz   log ${applicationLog()}
  Commands     set -a; eval "$(install/stack env --name ${name})"; set +a; node dist/src/main.js status

  install/demo --stop${name === 'demo' ? '' : ` --name ${name}`} ends everything.
`;
}
