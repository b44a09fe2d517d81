import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createStack } from '../../../install/private-stack/create-stack.ts';
import { runScript } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { Site, stackName } from './site.ts';

export interface TwoSitesOptions {
  /** Names the stacks, and the logs under .run. */
  readonly name: string;
  /** Changes the shipped configuration, alike for both. @default none */
  readonly configure?: (shipped: string) => string;
}

/** One queue over two Asterisks, an application before each, with one PostgreSQL and one XMPP server between them. */
export interface TwoSites {
  readonly berlin: Site;
  readonly paris: Site;
  down(): Promise<void>;
}

const NAMES = ['berlin', 'paris'] as const;
/** The discard port, at which nothing listens. */
const NOWHERE = 'http://127.0.0.1:9';

/** Brings everything up and waits until both can take calls. */
export async function twoSites({ name, configure = (shipped) => shipped }: TwoSitesOptions): Promise<TwoSites> {
  const first = await createStack({ name: stackName(`${name}-b`) });
  const databaseUrl = first.env.DATABASE_URL;
  const stacks = [
    first,
    await createStack({ name: stackName(`${name}-p`), databaseUrl }).catch(async (error: unknown) => {
      await first.down();
      throw error;
    }),
  ] as const;
  await Promise.all(stacks.map((stack) => introduce(stack, stacks)));
  const { XMPP_SERVICE, XMPP_DOMAIN, XMPP_PUBSUB, XMPP_JID, XMPP_PASSWORD, XMPP_CA } = first.env;
  const xmpp = { XMPP_SERVICE, XMPP_DOMAIN, XMPP_PUBSUB, XMPP_JID, XMPP_PASSWORD, XMPP_CA };
  const passwords = Object.fromEntries(
    stacks.map((stack, index) => [`ARI_PASSWORD_${NAMES[index]?.toUpperCase()}`, stack.env.ARI_PASSWORD]),
  );
  const start = (stack: Stack, own: (typeof NAMES)[number]) =>
    Site.on(stack, {
      name: `${name}-${own}`,
      configure: (shipped) => `${configure(shipped)}\n${section(stacks)}`,
      // Without effect when there are switches: whatever went there would fail.
      env: { ...xmpp, ...passwords, ARI_URL: NOWHERE },
      args: ['--switch', own],
    });
  const berlin = await start(stacks[0], 'berlin').catch(async (error: unknown) => {
    await stacks[1].down();
    throw error;
  });
  const paris = await start(stacks[1], 'paris').catch(async (error: unknown) => {
    await berlin.down();
    throw error;
  });
  return {
    berlin,
    paris,
    async down() {
      await paris.down();
      await berlin.down();
    },
  };
}

/** As docs/switches.md has it: the configuration of both. */
function section(stacks: readonly Stack[]): string {
  const switches = stacks.map(
    ({ env }, index) =>
      `  - name: ${NAMES[index]}\n    url: ${env.ARI_URL}\n    sip: ${env.SIP_HOST}:${env.SIP_PORT}\n`,
  );
  return `switches:\n${switches.join('')}`;
}

/** Who may call from switch to switch; on one machine they differ by port alone. */
async function introduce(stack: Stack, all: readonly Stack[]): Promise<void> {
  const others = all.filter((each) => each !== stack);
  const matches = others.map(({ env }) => `match = ${env.SIP_HOST}:${env.SIP_PORT}\n`).join('');
  const file = join(stack.env.QUEUEAPP_RUN, 'asterisk/etc/pjsip-switches.conf');
  writeFileSync(file, `[queueapp-switches]\ntype = identify\nendpoint = queueapp-switches\n${matches}`);
  await runScript(stack.env.ASTERISK, ['-rx', 'module reload res_pjsip.so']);
  await runScript(stack.env.ASTERISK, ['-rx', 'module reload res_pjsip_endpoint_identifier_ip.so']);
}
