import { z } from 'zod';
import { LOG_LEVELS } from './config.ts';
import type { Finding } from './findings.ts';
import { listenAddress, pubsubAddress, xmppService } from './general-sections.ts';
import { switchNameValue } from './switches-section.ts';
import { address, bareJid, line } from './values.ts';
import { wording } from './wording.ts';

/** The environment variables that are read, each with what it means. Secrets are read from nowhere else. */
export const ENVIRONMENT = {
  ARI_URL: address(['http', 'https'], 'set ARI_USERNAME and ARI_PASSWORD instead')
    .transform((url) => url.replace(/\/+$/, '').replace(/\/ari$/, ''))
    .describe('Goes before `asterisk.url`; without effect when there are `switches`.'),
  ARI_USERNAME: line(80).describe('Goes before `asterisk.username`.'),
  ARI_PASSWORD: secret().describe(
    'Secret. Password of that user in ari.conf. Needed to start, but for `switches` that all have one of their own.',
  ),
  QUEUEAPP_SWITCH: switchNameValue().describe(
    'The switch (of `switches`) that this process serves; `queueapp start --switch` goes before it. Without it: the first one that nobody serves.',
  ),
  XMPP_SERVICE: xmppService().describe('Goes before `xmpp.service`.'),
  XMPP_JID: bareJid().describe('Goes before `xmpp.jid`.'),
  XMPP_PASSWORD: secret().describe('Secret. Password of that account.'),
  XMPP_PUBSUB: pubsubAddress().describe('Goes before `xmpp.pubsub`.'),
  XMPP_CA: line(4096).describe('Goes before `xmpp.ca`.'),
  DATABASE_URL: databaseUrl().describe(
    'Secret. PostgreSQL as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; without it the application runs a server of its own.',
  ),
  QUEUEAPP_DATA: line(4096).describe('Goes before `database.data-folder`.'),
  HTTP_LISTEN: listenAddress().describe('Goes before `http.listen`.'),
  API_TOKEN: secret()
    .refine((token) => token.length >= 16 && /^[\x21-\x7e]+$/.test(token), {
      error: 'expected at least 16 characters without blanks, for example from: openssl rand -hex 24',
    })
    .describe('Secret. What clients of the API send as bearer token; without it the API is off.'),
  LOG_LEVEL: z.enum(LOG_LEVELS).describe('Goes before `log.level`.'),
} as const;

export type EnvironmentName = keyof typeof ENVIRONMENT;
export type EnvironmentValues = { readonly [Name in EnvironmentName]?: z.output<(typeof ENVIRONMENT)[Name]> };

/** Whether a value may be a secret; said without showing it. */
export function secretFault(value: string): string | null {
  const checked = secret().safeParse(value, { error: wording });
  return checked.success ? null : (checked.error.issues[0]?.message ?? 'is no password');
}

/** Never shown in a message, whatever is wrong with them. */
function secret() {
  return line(1000).refine((text) => text.trim() === text, { error: 'begins or ends with a blank' });
}

function databaseUrl() {
  return z.string().refine((text) => URL.canParse(text) && /^postgres(?:ql)?:$/.test(new URL(text).protocol), {
    error: 'expected an address such as postgres://USER:PASSWORD@HOST:5432/DATABASE',
  });
}

/** Reads and checks the environment. A variable that is set to nothing counts as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv): { values: EnvironmentValues; findings: readonly Finding[] } {
  const values: Record<string, unknown> = {};
  const findings: Finding[] = [];
  for (const [name, schema] of Object.entries(ENVIRONMENT)) {
    const written = env[name];
    if (written === undefined || written === '') continue;
    const checked = schema.safeParse(written, { error: wording });
    if (checked.success) values[name] = checked.data;
    else findings.push(...checked.error.issues.map(({ message }) => environmentFinding(name, message)));
  }
  return { values: values as EnvironmentValues, findings };
}

/** A finding about a variable of the environment. */
export function environmentFinding(name: string, reason: string): Finding {
  return { file: 'environment', line: null, column: null, path: [name], reason };
}
