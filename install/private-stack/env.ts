// The environment that a stack offers (contracts.md, "The private stack"), and how a shell can read it.
import { join } from 'node:path';
import { CHECKOUT } from './paths.ts';
import { LOOPBACK } from './ports.ts';
import type { StackState } from './state.ts';

/** Names and values of what `install/stack env` prints, in its order. */
export interface StackEnv extends Readonly<Record<string, string>> {
  readonly SIP_HOST: string;
  readonly SIP_PORT: string;
  readonly SIP_PASSWORD: string;
  readonly ARI_URL: string;
  readonly ARI_USERNAME: string;
  readonly ARI_PASSWORD: string;
  readonly XMPP_SERVICE: string;
  readonly XMPP_DOMAIN: string;
  readonly XMPP_PUBSUB: string;
  readonly XMPP_JID: string;
  readonly XMPP_PASSWORD: string;
  readonly XMPP_CA: string;
  readonly MEMBER_PASSWORD: string;
  readonly CRM_JID: string;
  readonly CRM_PASSWORD: string;
  readonly DATABASE_URL: string;
  readonly HTTP_URL: string;
  readonly HTTP_LISTEN: string;
  readonly API_TOKEN: string;
  readonly SPOOL_DIR: string;
  readonly ASTERISK: string;
  readonly QUEUEAPP_CONFIG: string;
  readonly QUEUEAPP_RUN: string;
}

/** Name of the database and of its owner in a stack's own PostgreSQL. */
export const DATABASE_NAME = 'queueapp';

/** What the application, phones, clients and tests need to reach this stack. */
export const environmentOf = (state: StackState): StackEnv => ({
  SIP_HOST: LOOPBACK,
  SIP_PORT: String(state.ports.sip),
  SIP_PASSWORD: state.secrets.sip,
  ARI_URL: `http://${LOOPBACK}:${state.ports.ari}`,
  ARI_USERNAME: 'queueapp',
  ARI_PASSWORD: state.secrets.ari,
  XMPP_SERVICE: `xmpp://${LOOPBACK}:${state.ports.xmpp}`,
  XMPP_DOMAIN: state.domain,
  XMPP_PUBSUB: `pubsub.${state.domain}`,
  XMPP_JID: `queueapp@${state.domain}`,
  XMPP_PASSWORD: state.secrets.queueapp,
  XMPP_CA: join(state.folder, 'xmpp/certs/ca.crt'),
  MEMBER_PASSWORD: state.secrets.member,
  CRM_JID: `crm@${state.domain}`,
  CRM_PASSWORD: state.secrets.crm,
  DATABASE_URL:
    state.foreignDatabaseUrl ??
    `postgres://${DATABASE_NAME}:${state.secrets.database}@${LOOPBACK}:${state.ports.postgres}/${DATABASE_NAME}`,
  HTTP_URL: `http://${LOOPBACK}:${state.ports.http}`,
  HTTP_LISTEN: `${LOOPBACK}:${state.ports.http}`,
  API_TOKEN: state.secrets.api,
  SPOOL_DIR: join(state.folder, 'spool'),
  ASTERISK: join(state.folder, 'asterisk-console'),
  QUEUEAPP_CONFIG: join(CHECKOUT, 'install/queueapp.yaml'),
  QUEUEAPP_RUN: state.folder,
});

/** Writes a value so that a POSIX shell reads it back unchanged: bare when it is plain, else in single quotes. */
export const shellQuote = (value: string): string =>
  /^[A-Za-z0-9_@%+:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

/** `KEY=value` lines that a shell can source. */
export const environmentLines = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([key, value]) => `${key}=${shellQuote(value)}\n`)
    .join('');
