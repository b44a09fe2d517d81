import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { checkFile } from '../../../src/config/check-file.ts';
import { findingLine } from '../../../src/config/findings.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import { mergeProgramme, PROGRAMME_DEFAULTS } from '../../../src/core/programme/settings.ts';
import { isAppError } from '../../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-programme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IVR = 'ivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }\n';
const SMALLEST = `queues: { support: {} }\n${IVR}`;
const ENV = { ARI_PASSWORD: 'pass' };
let files = 0;

function load(text: string, env: NodeJS.ProcessEnv = ENV) {
  const file = join(folder, `queueapp-${files++}.yaml`);
  writeFileSync(file, text);
  return loadConfig({ file, env });
}

/** What is wrong with a file that has this before the smallest one, without the file's name. */
const told = (more: string, rest = SMALLEST) =>
  checkFile(`${more}\n${rest}`, 'FILE').findings.map((finding) => findingLine(finding).replace(/^FILE:/, ''));
const inQueue = (settings: string, more = '') => `queues: { support: { ${settings} } }\n${more}${IVR}`;

describe('Music classes', () => {
  test('without the section there is one, of the shipped music and advice', () => {
    expect(load(SMALLEST).config.musicClasses).toEqual([
      {
        name: 'default',
        folder: shippedPath('sounds/music'),
        adviceFolder: shippedPath('sounds/advice/en'),
        stream: null,
        level: 1,
        fallback: 'default',
        programme: {},
      },
    ]);
  });

  test('folders lie beside the configuration file unless they are absolute', () => {
    const { config } = load(
      `music-classes: { default: { folder: music, advice: ../advice }, radio: { stream: 'http://radio.example:8000/live', folder: /srv/music, level: 80%, fallback: sales } }\n${SMALLEST}`,
    );
    expect(config.musicClasses).toMatchObject([
      { name: 'default', folder: join(folder, 'music'), adviceFolder: join(folder, '../advice'), stream: null },
      {
        name: 'radio',
        folder: '/srv/music',
        adviceFolder: null,
        stream: 'http://radio.example:8000/live',
        level: 0.8,
        fallback: 'sales',
      },
    ]);
    expect(config.musicClasses).toHaveLength(2);
  });

  test('an empty section means that Asterisk plays all music itself', () => {
    expect(load(`music-classes: {}\n${SMALLEST}`).config.musicClasses).toEqual([]);
  });

  test.each([
    ['music-classes: { default: {} }', '1:18 music-classes.default: a music class needs folder or stream'],
    [
      'music-classes: { "my class": { folder: a } }',
      '1:18 music-classes."my class": expected the name of a music class, such as default',
    ],
    [
      'music-classes: { a: { folder: a, strem: b } }',
      '1:34 music-classes.a.strem: is no setting here; did you mean "stream"?',
    ],
    [
      'music-classes: { a: { stream: ftp://b } }',
      '1:23 music-classes.a.stream: expected an address that begins with http:// or https:// and names a host',
    ],
    [
      'music-classes: { a: { stream: "http://u:geheim@b" } }',
      '1:23 music-classes.a.stream: a password has no place in an address; use one that is public',
    ],
    [
      'music-classes: { a: { folder: a, level: 300% } }',
      '1:34 music-classes.a.level: expected a level from 0% to 200%, such as 10%, got "300%"',
    ],
    [
      'music-classes: { a: { folder: a, level: 0.5 } }',
      '1:34 music-classes.a.level: expected a level from 0% to 200%, such as 10%, got 0.5',
    ],
    [
      'music-classes: { a: { folder: a, fallback: "b c" } }',
      '1:34 music-classes.a.fallback: expected the name of a music class, such as default',
    ],
    ['music-classes: [a]', '1:1 music-classes: expected a group of named things, got a list'],
  ])('%s', (text, line) => {
    expect(told(text)).toEqual([line]);
    expect(line).not.toContain('geheim');
  });
});

describe('A programme', () => {
  const ALL = `{
    levels: { music-under-speech: 20%, voice: 110.5% }, fades: { down: 2s, up: 3s, out: 4s, in-delay: 0, in: 10ms },
    keys: { next-tune: '1', accounts: none, position: 5 }, key-pauses: { next-tune: 0, accounts: 1m, position: 2 },
    position: { on-change: no, every: 0 }, order: random,
    advice: { first-after: 1s, pause: 2s, morning-from: 6, day-from: 11, evening-from: 24 } }`;
  const READ = {
    levels: { musicUnderSpeech: 0.2, voice: 1.105 },
    fades: { downMs: 2000, upMs: 3000, outMs: 4000, inDelayMs: 0, inMs: 10 },
    keys: { nextTune: '1', accounts: null, position: '5' },
    keyPauses: { nextTuneMs: 0, accountsMs: 60_000, positionMs: 2000 },
    position: { onChange: false, everyMs: 0 },
    order: 'random',
    advice: { firstAfterMs: 1000, pauseMs: 2000, morningFrom: 6, dayFrom: 11, eveningFrom: 24 },
  };

  test('is read whole, in a class and in a queue', () => {
    const { config } = load(
      `music-classes: { default: { folder: a, programme: ${ALL} } }\n${inQueue(`programme: ${ALL}`)}`,
    );
    expect(config.musicClasses[0]?.programme).toEqual(READ);
    expect(config.queues[0]?.programme).toEqual(READ);
    expect(Object.isFrozen(config.queues[0]?.programme.keys)).toBe(true);
  });

  test('holds only what is written; the queue goes before the class, and both before the defaults', () => {
    const { config } = load(
      `music-classes: { default: { folder: a, programme: { fades: { down: 2s, up: 2s } } } }\n${inQueue('programme: { fades: { up: 3s }, keys: { position: none } }')}`,
    );
    const [ofClass, ofQueue] = [config.musicClasses[0]?.programme, config.queues[0]?.programme];
    expect([ofClass, ofQueue]).toEqual([
      { fades: { downMs: 2000, upMs: 2000 } },
      { fades: { upMs: 3000 }, keys: { position: null } },
    ]);
    expect(mergeProgramme(ofClass ?? {}, ofQueue ?? {})).toEqual({
      ...PROGRAMME_DEFAULTS,
      fades: { ...PROGRAMME_DEFAULTS.fades, downMs: 2000, upMs: 3000 },
      keys: { ...PROGRAMME_DEFAULTS.keys, position: null },
    });
  });

  test('the defaults are those of the product', () => {
    expect(mergeProgramme()).toEqual({
      levels: { musicUnderSpeech: 0.1, voice: 0.9 },
      fades: { downMs: 1000, upMs: 1000, outMs: 1000, inDelayMs: 500, inMs: 1000 },
      keys: { nextTune: '3', accounts: '2', position: '4' },
      keyPauses: { nextTuneMs: 3000, accountsMs: 15_000, positionMs: 8000 },
      position: { onChange: true, everyMs: 120_000 },
      advice: { firstAfterMs: 20_000, pauseMs: 30_000, morningFrom: 0, dayFrom: 10, eveningFrom: 21 },
      order: 'alphabetical',
    });
  });

  test.each([
    ['keys: { next-tune: "33" }', 'keys.next-tune: expected a key such as \'3\', or none, got "33"'],
    ['keys: { next-tune: -3 }', "keys.next-tune: expected a key such as '3', or none, got -3"],
    ['keys: { next-tune: [3] }', 'keys.next-tune:'],
    ['keys: { nexttune: 3 }', 'keys.nexttune: is no setting here; did you mean "next-tune"?'],
    ['fades: { down: 11s }', 'fades.down: expected a duration from 10ms to 10s, got "11s"'],
    ['fades: { down: 0 }', 'fades.down: expected a duration from 10ms to 10s, got 0'],
    ['fades: fast', 'fades: expected a group of settings, got "fast"'],
    ['levels: { voice: 90 }', 'levels.voice: expected a level from 0% to 200%, such as 10%, got 90'],
    ['position: { every: -1s }', 'position.every: expected a duration such as 15s, got "-1s"'],
    ['position: { on-change: maybe }', 'position.on-change: expected true or false, got "maybe"'],
    ['advice: { day-from: 25 }', 'advice.day-from: expected at most 24, got 25'],
    ['advice: { day-from: 9.5 }', 'advice.day-from: expected a whole number, got 9.5'],
    ['advice: { day-from: 22 }', 'advice: morning, day and evening must begin one after another, got 0, 22, 21'],
    ['order: randm', 'order: expected one of alphabetical, random, got "randm"; did you mean "random"?'],
    ['levls: {}', 'levls: is no setting here; did you mean "levels"?'],
    ['keys: { next-tune: 2 }', "keys.next-tune: '2' is the key of accounts, too; write another one there, or none"],
    ['keys: { next-tune: 9, position: 9 }', "keys.position: '9' is the key of next-tune, too"],
    ['keys: { next-tune: none, accounts: none, position: none }', null],
    ['keys: { next-tune: 2, accounts: 3 }', null],
  ])('{ %s } in a queue and in a class', (written, message) => {
    const ofQueue = told('', inQueue(`programme: { ${written} }`));
    const ofClass = told(`music-classes: { a: { folder: b, programme: { ${written} } } }`);
    if (message === null) expect([ofQueue, ofClass]).toEqual([[], []]);
    else {
      expect(ofQueue).toEqual([expect.stringContaining(` queues.support.programme.${message}`)]);
      expect(ofClass).toEqual([expect.stringContaining(` music-classes.a.programme.${message}`)]);
    }
  });

  test("a queue's key is compared with those of its class", () => {
    const classes = "music-classes: { default: { folder: a, programme: { keys: { position: '7' } } } }\n";
    expect(told(classes, inQueue("programme: { keys: { next-tune: '7' } }"))).toEqual([
      expect.stringContaining("queues.support.programme.keys.next-tune: '7' is the key of position, too"),
    ]);
    expect(told(classes, inQueue("programme: { keys: { next-tune: '4' } }"))).toEqual([]);
    expect(told(classes, inQueue("music-class: other, programme: { keys: { next-tune: '7' } }"))).toEqual([]);
  });
});

describe('A queue whose class is none of ours', () => {
  const odd = (queue: string, classes = '') =>
    checkFile(`${classes}${inQueue(queue)}`, 'FILE').warnings.map(({ path, reason }) => `${path.join('.')}: ${reason}`);
  const native = (name: string) => `Asterisk plays the class ${name} of musiconhold.conf by itself`;

  test('is in order: Asterisk plays it', () => {
    expect(odd('music-class: opera')).toEqual([]);
    expect(odd('music-class: default', 'music-classes: { opera: { folder: a } }\n')).toEqual([]);
  });

  test('is odd when its name is almost one of ours', () => {
    expect(odd('music-class: defualt')).toEqual([
      `queues.support.music-class: is none of music-classes: ${native('defualt')}; did you mean "default"?`,
    ]);
  });

  test('is odd when it has a programme or account source, which nobody would hear', () => {
    const classes = 'accounts: { b: { sql: "select $1" } }\n';
    expect(odd('music-class: opera, accounts: b, programme: { order: random }', classes)).toEqual([
      `queues.support.programme: has no effect: ${native('opera')}`,
      `queues.support.accounts: has no effect: ${native('opera')}`,
    ]);
    expect(odd('accounts: b, programme: { order: random }', classes)).toEqual([]);
  });
});

describe('Exit keys', () => {
  const odd = (queue: string, more = '') =>
    checkFile(`${more}${inQueue(queue)}`, 'FILE').warnings.map(({ path, reason }) => `${path.join('.')}: ${reason}`);

  test('that hide a key of the programme are odd', () => {
    expect(odd("exit-keys: { '3': hangup, '0': hangup, '2': hangup }")).toEqual([
      "queues.support.exit-keys.3: goes before the programme's key next-tune, which is not heard",
    ]);
    const classes = "music-classes: { default: { folder: a, programme: { keys: { position: '0' } } } }\n";
    expect(odd("exit-keys: { '0': hangup }", classes)).toHaveLength(1);
    expect(odd("exit-keys: { '0': hangup }, programme: { keys: { position: none } }", classes)).toEqual([]);
    const source = 'accounts: { b: { sql: "select $1" } }\n';
    expect(odd("exit-keys: { '2': hangup }, accounts: b", source)).toEqual([
      "queues.support.exit-keys.2: goes before the programme's key accounts, which is not heard",
    ]);
  });

  test('lead to a step that no other step leads to', () => {
    const text = `queues: { support: { exit-keys: { '0': out } } }\nivr: { start: one, steps: { one: { play: a, hangup: true }, out: { play: b, next: further }, further: { play: c, hangup: true } } }\n`;
    expect(checkFile(text, 'FILE')).toMatchObject({ findings: [], warnings: [] });
  });
});

describe('Sounds', () => {
  test('are the shipped ones, with defaults', () => {
    expect(load(SMALLEST).config.sounds).toEqual({
      folder: shippedPath('sounds'),
      asteriskFolder: null,
      formats: ['ulaw', 'alaw', 'slin16'],
      trackMaxMs: 900_000,
      memoryMaxBytes: 512 * 1024 * 1024,
    });
  });

  test('may lie elsewhere', () => {
    const { config } = load(
      `sounds: { folder: prompts, asterisk-folder: /usr/share/asterisk/sounds, formats: [slin], track-limit: 5m, memory: 64 }\n${SMALLEST}`,
    );
    expect(config.sounds).toEqual({
      folder: join(folder, 'prompts'),
      asteriskFolder: '/usr/share/asterisk/sounds',
      formats: ['slin'],
      trackMaxMs: 300_000,
      memoryMaxBytes: 64 * 1024 * 1024,
    });
  });

  test.each([
    ['sounds: { formats: [] }', '1:11 sounds.formats: expected at least one entry, got 0'],
    ['sounds: { formats: [ulaw, ulaw] }', '1:11 sounds.formats: names a format twice'],
    [
      'sounds: { formats: [ulaw, g729] }',
      '1:27 sounds.formats[1]: expected one of ulaw, alaw, slin, slin16, got "g729"',
    ],
    [
      'sounds: { formats: [ulav] }',
      '1:21 sounds.formats[0]: expected one of ulaw, alaw, slin, slin16, got "ulav"; did you mean "ulaw"?',
    ],
    ['sounds: { memory: 1 }', '1:11 sounds.memory: expected at least 16, got 1'],
    ['sounds: { track-limit: 10h }', '1:11 sounds.track-limit: expected a duration from 1s to 1h, got "10h"'],
    ['sounds: { foldr: a }', '1:11 sounds.foldr: is no setting here; did you mean "folder"?'],
  ])('%s', (text, line) => {
    expect(told(text)).toEqual([line]);
  });
});

describe('Account sources', () => {
  test('take secrets from the environment alone', () => {
    const text = `accounts: { billing: { http: "https://b.example/a?phone={number}", headers: { authorization: { env: BILLING }, accept: text/json }, cache: 0, currency: RUB } }\n${inQueue('accounts: billing')}`;
    let message = '';
    try {
      load(text);
    } catch (error) {
      if (!isAppError(error, 'CONFIG_INVALID')) throw error;
      message = error.message;
    }
    expect(message).toBe('environment BILLING: is not set, but an account source in the file takes a header from it');
    const { config, secrets } = load(text, { ...ENV, BILLING: 'Bearer geheim' });
    expect(config.accounts).toEqual({
      billing: {
        ...{
          name: 'billing',
          type: 'http',
          url: 'https://b.example/a?phone={number}',
          headers: { accept: 'text/json' },
        },
        ...{ timeoutMs: 2000, retries: 1, cacheMs: 0, currency: 'RUB' },
      },
    });
    expect(config.queues[0]?.accounts).toBe('billing');
    expect(secrets.accountHeaders).toEqual({ billing: { authorization: 'Bearer geheim' } });
    expect(JSON.stringify(config)).not.toContain('geheim');
  });

  test('a variable that a lookup and an account source need is told once', () => {
    const text = `lookups: { crm: { http: "https://c/{number}", headers: { x-key: { env: KEY } } } }\naccounts: { billing: { http: "https://b/{number}", headers: { x-key: { env: KEY } } } }\n${SMALLEST}`;
    expect(() => load(text)).toThrow(/^environment KEY: is not set, but a lookup in the file takes a header from it$/);
  });

  test.each([
    ['{}', '1:13 accounts.b: an account source needs sql or http'],
    [
      '{ sql: "select 1 where $1 = $1", http: "https://b/{number}" }',
      'accounts.b.http: an account source has either sql or http, not both',
    ],
    ['{ sql: select 1 }', "accounts.b.sql: must use $1, the caller's number, and no other parameter"],
    ['{ sql: "select $1, $2" }', "accounts.b.sql: must use $1, the caller's number, and no other parameter"],
    [
      '{ http: "https://b/accounts" }',
      "accounts.b.http: must hold {number}: otherwise every caller would be told the same person's accounts",
    ],
    ['{ http: "https://b/{number}{code}" }', 'accounts.b.http: there is no placeholder {code} (there are: {number})'],
    ['{ http: "https://{number}.b/" }', 'accounts.b.http:'],
    [
      '{ http: "https://u:geheim@b/{number}" }',
      'accounts.b.http: a password has no place in an address; use headers with { env: NAME }',
    ],
    [
      '{ http: "https://b/{number}", headers: { authorization: geheim } }',
      'accounts.b.headers.authorization: secrets have no place in this file',
    ],
    ['{ sql: "select $1", headers: {} }', 'accounts.b.headers: belongs to http'],
    ['{ sql: "select $1", currency: CHF }', 'accounts.b.currency: expected one of USD, EUR, GBP, RUB, BRL, got "CHF"'],
    ['{ sql: "select $1", timeout: 1m }', 'accounts.b.timeout: expected a duration from 50ms to 30s, got "1m"'],
    ['{ sql: "select $1", retries: 6 }', 'accounts.b.retries: expected at most 5, got 6'],
    ['{ sql: "select $1", cache: 2h }', 'accounts.b.cache: expected a duration from 0s to 1h, got "2h"'],
    ['{ sql: "select $1", cashe: 1s }', 'accounts.b.cashe: is no setting here; did you mean "cache"?'],
  ])('%s', (source, message) => {
    const lines = told(`accounts: { b: ${source} }`);
    expect(lines).toEqual([expect.stringContaining(message)]);
    expect(lines.join()).not.toContain('geheim');
  });

  test('a queue can only name one that there is', () => {
    const sources = 'accounts: { billing: { sql: "select $1" } }\n';
    expect(told(sources, inQueue('accounts: biling'))).toEqual([
      expect.stringContaining('queues.support.accounts: there is no account source "biling"; did you mean "billing"?'),
    ]);
    expect(told('', inQueue('accounts: billing'))).toEqual([
      expect.stringContaining('queues.support.accounts: there is no account source "billing"'),
    ]);
  });
});
