import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asteriskReplacements } from '../../../install/private-stack/asterisk.ts';
import { ejabberdReplacements } from '../../../install/private-stack/ejabberd.ts';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';
import { prosodyReplacements } from '../../../install/private-stack/prosody.ts';
import { fillSample, type ReplacementTable } from '../../../install/private-stack/samples.ts';
import { freshSecrets, type StackState } from '../../../install/private-stack/state.ts';

const ports = {
  sip: 15_001,
  ari: 15_002,
  xmpp: 15_003,
  xmppDirectTls: 15_004,
  postgres: 15_005,
  http: 15_006,
  rtpFirst: 20_000,
  rtpLast: 21_999,
};

describe('Exchanging lines of a sample', () => {
  const sample = 'one = 1\n  two = 2 ; words\nthree = 3\n';

  it('exchanges whole lines and keeps their indentation and everything else', () => {
    const filled = fillSample('x.conf', sample, [{ line: 'two = 2 ; words', becomes: 'two = 22' }]);
    expect(filled).toBe('one = 1\n  two = 22\nthree = 3\n');
  });

  it.each([
    ['is missing', 'four = 4'],
    ['is only the beginning of a line', 'two = 2'],
    ['is empty', ''],
  ])('refuses a line that %s, naming file and line', (_why, line) => {
    const refused = () => fillSample('asterisk/x.conf', sample.trimEnd(), [{ line, becomes: 'y' }]);
    expect(refused).toThrow(`install/asterisk/x.conf: the line ${JSON.stringify(line)} occurs 0 times instead of once`);
  });

  it('refuses a line that occurs twice', () => {
    const refused = () => fillSample('x.conf', 'a\nb\n  a\n', [{ line: 'a', becomes: 'c' }]);
    expect(refused).toThrow('occurs 2 times instead of once');
  });

  it('does not take what an earlier replacement wrote for a line of the sample', () => {
    const replacements = [
      { line: 'port: 1', becomes: 'port: 2' },
      { line: 'port: 2', becomes: 'port: 3' },
    ];
    expect(fillSample('x.yml', 'port: 1\nport: 2', replacements)).toBe('port: 2\nport: 3');
  });

  it.each(['a\nb', 'a\rb', 'a\0b', ''])('refuses the value %j, which would not stay on its line', (becomes) => {
    expect(() => fillSample('x.conf', sample, [{ line: 'one = 1', becomes }])).toThrow('is no single line');
  });
});

describe('The samples for production', () => {
  let root: string;
  let tables: ReplacementTable;
  let state: StackState;

  // An Asterisk installation as far as the table looks: where the modules are.
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'queueapp-samples-'));
    for (const folder of ['usr/sbin/asterisk', 'usr/share/asterisk/rest-api', 'usr/share/asterisk/sounds/en']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    mkdirSync(join(root, 'usr/lib/asterisk/modules'), { recursive: true });
    for (const loader of ['lib64/ld-linux-x86-64.so.2', 'lib/ld-linux-aarch64.so.1']) {
      mkdirSync(join(root, loader), { recursive: true });
    }
    state = {
      ...{ name: 'x', checkout: CHECKOUT, folder: '/run/x', xmpp: 'prosody', pubsub: 'memory', members: 0 },
      ...{ domain: 'queueapp.test', ports, secrets: freshSecrets(), asteriskPrefix: root, asteriskVersion: '22.10.1' },
      ...{ processes: {}, complete: false },
    };
    tables = {
      ...asteriskReplacements(state),
      ...prosodyReplacements(state, '/run/x/xmpp'),
      ...ejabberdReplacements(state, '/run/x/xmpp'),
    };
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const filled = (file: string): string =>
    fillSample(file, readFileSync(join(CHECKOUT, 'install', file), 'utf8'), tables[file] ?? []);

  it('are all used by the private stack, and each line to exchange is there exactly once', () => {
    const samples = ['asterisk', 'prosody', 'ejabberd'].flatMap((folder) =>
      readdirSync(join(CHECKOUT, 'install', folder)).map((file) => `${folder}/${file}`),
    );
    expect(Object.keys(tables).sort()).toEqual(samples.sort());
    for (const file of samples) expect(() => filled(file)).not.toThrow();
  });

  it('keep no placeholder, no standard port and no path of the system in the copy', () => {
    for (const file of Object.keys(tables)) {
      const settings = filled(file)
        .split('\n')
        .filter((line) => !/^\s*(;|#(?!try)|--)/.test(line));
      for (const line of settings) {
        expect(line).not.toMatch(/CHANGE-ME|example\.org|\b(5060|8088|5222|5223)\b|0\.0\.0\.0|"(::|\*)"/);
        expect(line).not.toMatch(/["= ]\/(etc|var|usr)\//);
      }
    }
  });

  it('hold no secret of their own: every password is a word that asks to be changed', () => {
    for (const file of ['asterisk/pjsip.conf', 'asterisk/ari.conf']) {
      const text = readFileSync(join(CHECKOUT, 'install', file), 'utf8');
      const passwords = text.split('\n').filter((line) => line.startsWith('password ='));
      expect(passwords.length).toBeGreaterThan(0);
      for (const line of passwords) expect(line).toMatch(/^password = CHANGE-ME-[A-Z0-9]+$/);
    }
  });

  it('leave the REST interface on loopback, and nobody but queueapp may make nodes', () => {
    expect(filled('asterisk/http.conf')).toContain('\nbindaddr = 127.0.0.1\n');
    expect(filled('prosody/prosody.cfg.lua')).toContain('  admins = { "queueapp@queueapp.test" }\n');
    expect(filled('ejabberd/ejabberd.yml')).toMatch(/pubsub_createnode:[^\n]*\n\s+allow: queueapp\n/);
  });
});
