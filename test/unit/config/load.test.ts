import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { type AppError, isAppError } from '../../../src/errors.ts';
import { queueSettings } from '../../support/queue-people.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALLEST =
  'queues:\n  support:\nivr:\n  start: one\n  steps:\n    one: { play: queueapp/welcome, hangup: true }\n';
const ENV = { ARI_PASSWORD: 'pass' };

let files = 0;

/** Loads a file of this text. */
function load(text: string, env: NodeJS.ProcessEnv = ENV) {
  const file = join(folder, `queueapp-${files++}.yaml`);
  writeFileSync(file, text);
  return loadConfig({ file, env });
}

/** What is wrong with a file and an environment, without the file's path. */
function refusal(text: string, env: NodeJS.ProcessEnv): string[] {
  try {
    load(text, env);
  } catch (error) {
    if (isAppError(error, 'CONFIG_INVALID'))
      return (error as AppError).message.split('\n').map((line) => line.replace(/^\S*\.yaml/, 'FILE'));
    throw error;
  }
  return [];
}

describe('Defaults and units', () => {
  const { config, secrets, warnings } = load(SMALLEST);

  test('are those of the reference', () => {
    expect(config).toMatchObject({
      language: 'en',
      limits: { calls: 500, busyPrompt: ['sound:queueapp/all_lines_busy'], drainMs: 20_000 },
      log: { level: 'info', personalData: false },
      asterisk: {
        url: 'http://127.0.0.1:8088',
        username: 'queueapp',
        application: 'queueapp',
        requestTimeoutMs: 5000,
        silenceMs: 2500,
        rtpAddress: null,
      },
      members: { callerId: { name: '{queue}: {customer}', number: '{caller}' } },
      xmpp: {
        connection: null,
        payload: 'native',
        announce: 'members',
        usePresence: true,
        subscribers: [],
        publishWaitMs: 300,
      },
      database: { pool: 10, connectTimeoutMs: 3000, statementTimeoutMs: 2000, awayLimitMs: 60_000, leaseMs: 3000 },
      switches: [{ name: 'main', url: 'http://127.0.0.1:8088', username: 'queueapp', sip: null }],
      switchesCloseAfterMs: 30_000,
      ownSwitch: null,
      http: { listen: { host: '127.0.0.1', port: 8080 } },
      lookups: {},
      defaultQueue: 'support',
      customerCodeLookup: null,
    });
    expect(warnings).toEqual([]);
    expect(secrets).toEqual({
      switchPasswords: { main: 'pass' },
      xmppPassword: null,
      databaseUrl: null,
      apiToken: null,
      lookupHeaders: {},
      accountHeaders: {},
    });
  });

  test('hold for a queue of which only the name is written', () => {
    // The same that tests of the rules begin with.
    expect(config.queues).toEqual([queueSettings({ nobodyPrompt: ['sound:queueapp/nobody_available'] })]);
  });

  test('and nothing of it can be changed afterwards', () => {
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.queues[0])).toBe(true);
    expect(Object.isFrozen(config.ivr.steps['one'])).toBe(true);
    expect(Object.isFrozen(secrets)).toBe(true);
  });

  test.each([
    ['15s', 15_000],
    ['15', 15_000],
    ['"15"', 15_000],
    ['1.5s', 1500],
    ['1500ms', 1500],
    ['2m', 120_000],
    ['2min', 120_000],
    ['0.1h', 360_000],
  ])('ring-timeout: %s is %d ms', (written, ms) => {
    const { config: loaded } = load(SMALLEST.replace('support:', `support: { ring-timeout: ${written} }`));
    expect(loaded.queues[0]?.ringTimeoutMs).toBe(ms);
  });

  test('an extension keeps its leading zeros and its plus, quoted or not', () => {
    for (const extension of ['0049123', '"0049123"', '+49123', '2000']) {
      const { config: loaded } = load(
        SMALLEST.replace(
          '{ play: queueapp/welcome, hangup: true }',
          `{ dial: { extension: ${extension}, no-answer: hangup } }`,
        ),
      );
      expect(loaded.ivr.steps['one']).toMatchObject({ extension: extension.replaceAll('"', '') });
    }
  });

  test('a queue that records does so with these defaults, and with what is written', () => {
    const recording = (written: string) =>
      load(SMALLEST.replace('support:', `support: { recording: ${written} }`)).config.queues[0]?.recording;
    expect(recording('{}')).toEqual({
      start: 'at-connect',
      what: 'together',
      format: 'wav',
      name: '{queue}/{date}/{time}-{extension}-{call-id}',
      consent: [],
      pauseOnHold: true,
    });
    expect(
      recording(
        '{ start: on-demand, what: apart, format: gsm, name: "{customer}/{time}", consent: queueapp/recording_consent, pause-on-hold: no }',
      ),
    ).toEqual({
      start: 'on-demand',
      what: 'apart',
      format: 'gsm',
      name: '{customer}/{time}',
      consent: ['sound:queueapp/recording_consent'],
      pauseOnHold: false,
    });
  });

  test('yes and no are true and false', () => {
    expect(load(`${SMALLEST}log: { personal-data: yes }\n`).config.log.personalData).toBe(true);
    expect(load(`${SMALLEST}log: { personal-data: no }\n`).config.log.personalData).toBe(false);
  });

  test('a section without any setting is as good as none', () => {
    expect(load(`${SMALLEST}xmpp:\n  # payload: legacy\nlog:\n`).config).toMatchObject({
      xmpp: { payload: 'native' },
      log: { level: 'info' },
    });
  });
});

describe('The environment', () => {
  test('goes before the file', () => {
    const file = `${SMALLEST}asterisk: { url: http://file:1, username: file }\nlog: { level: warn }\nhttp: { listen: 1 }\nxmpp: { service: "xmpp://file", jid: file@file, pubsub: file, ca: file }\n`;
    const { config, secrets } = load(file, {
      ARI_URL: 'https://pbx.example:8089/ari/',
      ARI_USERNAME: 'user',
      ARI_PASSWORD: 'a',
      XMPP_SERVICE: 'xmpps://xmpp.example:5223',
      XMPP_JID: 'queue@example',
      XMPP_PASSWORD: 'x',
      XMPP_PUBSUB: 'pubsub.example',
      XMPP_CA: '/etc/ca.pem',
      DATABASE_URL: 'postgres://a:b@c/d',
      HTTP_LISTEN: '[::1]:8081',
      API_TOKEN: '0123456789abcdef',
      LOG_LEVEL: 'debug',
      QUEUEAPP_DATA: '/srv/data',
    });
    expect(config).toMatchObject({
      asterisk: { url: 'https://pbx.example:8089', username: 'user' },
      log: { level: 'debug' },
      http: { listen: { host: '::1', port: 8081 } },
      xmpp: {
        connection: {
          service: 'xmpps://xmpp.example:5223',
          jid: 'queue@example',
          pubsub: 'pubsub.example',
          caFile: '/etc/ca.pem',
        },
      },
      database: { dataFolder: '/srv/data' },
    });
    expect(secrets).toMatchObject({
      switchPasswords: { main: 'a' },
      xmppPassword: 'x',
      databaseUrl: 'postgres://a:b@c/d',
      apiToken: '0123456789abcdef',
    });
  });

  test('set to nothing is as good as not set', () => {
    expect(load(SMALLEST, { ...ENV, XMPP_JID: '', LOG_LEVEL: '', API_TOKEN: '' }).config.xmpp.connection).toBeNull();
  });

  test('an XMPP account is enough: server and pubsub service follow from it', () => {
    const { config } = load(SMALLEST, { ...ENV, XMPP_JID: 'queue@example.org', XMPP_PASSWORD: 'x' });
    expect(config.xmpp.connection).toEqual({
      service: 'xmpp://example.org:5222',
      jid: 'queue@example.org',
      pubsub: 'pubsub.example.org',
      caFile: null,
    });
  });

  test.each([
    [{}, ["environment ARI_PASSWORD: is not set: the user's password in ari.conf"]],
    [
      { ...ENV, ARI_URL: 'pbx' },
      ['environment ARI_URL: expected an address that begins with http:// or https:// and names a host'],
    ],
    [
      { ...ENV, ARI_URL: 'http://u:geheim@pbx' },
      ['environment ARI_URL: a password has no place in an address; set ARI_USERNAME and ARI_PASSWORD instead'],
    ],
    [
      { ...ENV, LOG_LEVEL: 'INFO' },
      ['environment LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got "INFO"'],
    ],
    [
      { ...ENV, API_TOKEN: 'short' },
      ['environment API_TOKEN: expected at least 16 characters without blanks, for example from: openssl rand -hex 24'],
    ],
    [
      { ...ENV, DATABASE_URL: 'mysql://a:geheim@b/c' },
      ['environment DATABASE_URL: expected an address such as postgres://USER:PASSWORD@HOST:5432/DATABASE'],
    ],
    [
      { ...ENV, HTTP_LISTEN: 'x:y' },
      ['environment HTTP_LISTEN: expected an address such as 127.0.0.1:8080, got "x:y"'],
    ],
    [{ ...ENV, XMPP_PASSWORD: ' geheim' }, ['environment XMPP_PASSWORD: begins or ends with a blank']],
    [
      { ...ENV, XMPP_JID: 'queue@example.org' },
      [
        'environment XMPP_PASSWORD: is not set: the password of queue@example.org; set it, or take service and jid away to go on without XMPP',
      ],
    ],
    [
      { ...ENV, XMPP_PASSWORD: 'x' },
      [
        "environment XMPP_JID: is not set: the application's XMPP account; set it, or take service and jid away to go on without XMPP",
      ],
    ],
  ])('%j is told', (env, lines) => {
    const told = refusal(SMALLEST, env);
    expect(told).toEqual(lines);
    expect(told.join()).not.toContain('geheim');
  });

  test('is told together with what is wrong in the file', () => {
    expect(refusal(`langage: en\n${SMALLEST}`, { LOG_LEVEL: 'x' }).map((line) => line.split(':')[0])).toEqual([
      'environment LOG_LEVEL',
      'environment ARI_PASSWORD',
      'FILE',
    ]);
  });

  test('gives the headers of lookups that hold a secret', () => {
    const file = `${SMALLEST}lookups: { crm: { http: "https://crm/{number}", headers: { authorization: { env: CRM_TOKEN }, accept: text/json } } }\n`;
    expect(refusal(file, ENV)).toEqual([
      'environment CRM_TOKEN: is not set, but a lookup in the file takes a header from it',
    ]);
    const { config, secrets } = load(file, { ...ENV, CRM_TOKEN: 'Bearer 1' });
    expect(config.lookups['crm']).toEqual({
      name: 'crm',
      type: 'http',
      url: 'https://crm/{number}',
      headers: { accept: 'text/json' },
      timeoutMs: 2000,
      retries: 1,
    });
    expect(secrets.lookupHeaders).toEqual({ crm: { authorization: 'Bearer 1' } });
    expect(JSON.stringify(config)).not.toContain('Bearer');
  });
});

describe('The file', () => {
  test('is the one that QUEUEAPP_CONFIG names, unless one is given', () => {
    const file = join(folder, 'named.yaml');
    writeFileSync(file, `${SMALLEST}language: ru\n`);
    expect(loadConfig({ env: { ...ENV, QUEUEAPP_CONFIG: file } }).config).toMatchObject({ file, language: 'ru' });
    expect(load(SMALLEST, { ...ENV, QUEUEAPP_CONFIG: file }).config.language).toBe('en');
  });

  test('that is not there, may not be read, is a folder or too large is told as such', () => {
    const missing = join(folder, 'missing.yaml');
    expect(() => loadConfig({ file: missing, env: ENV })).toThrow(`${missing}:1:1: there is no such file`);
    expect(() => loadConfig({ env: { ...ENV, QUEUEAPP_CONFIG: missing } })).toThrow(
      'there is no such file (named by QUEUEAPP_CONFIG)',
    );
    expect(() => loadConfig({ file: folder, env: ENV })).toThrow(`${folder}:1:1: is a folder`);
    expect(() => load(`# ${'x'.repeat(1024 * 1024)}\n${SMALLEST}`)).toThrow('is larger than 1024 KiB');
  });

  test('may be odd: a step that no other leads to is a warning', () => {
    const { warnings } = load(`${SMALLEST}    lonely: { play: x, hangup: true }\n`);
    expect(warnings).toMatchObject([{ line: 7, column: 5, path: ['ivr', 'steps', 'lonely'] }]);
  });
});

describe('The shipped file', () => {
  const { config, warnings } = loadConfig({ file: shippedPath('install/queueapp.yaml'), env: ENV });

  test('is in order, without any oddity', () => {
    expect(warnings).toEqual([]);
    expect(config.queues.map(({ name }) => name)).toEqual(['support']);
  });

  test('says of every setting what the default is', () => {
    const { config: defaults } = load(SMALLEST);
    for (const part of [
      'language',
      'limits',
      'log',
      'asterisk',
      'members',
      'xmpp',
      'database',
      'http',
      'sounds',
      'musicClasses',
    ] as const) {
      expect({ [part]: config[part] }).toEqual({ [part]: defaults[part] });
    }
    expect(config.queues).toEqual(defaults.queues.map((queue) => ({ ...queue, accounts: 'own-table' })));
  });
});
