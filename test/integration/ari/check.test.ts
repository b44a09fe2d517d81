import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AsteriskCheck, type AsteriskCheckOptions, checkAsterisk } from '../../../stasis/ari/check.ts';
import { eventually } from '../../support/eventually.ts';
import { PrivateAsterisk } from './private-asterisk.ts';

const ALL_WELL = { sounds: ['queueapp/welcome', 'sound:queueapp/ivr_menu', 'digits/1'], musicClasses: ['default'] };

function check(asterisk: PrivateAsterisk, options: Partial<AsteriskCheckOptions> = {}): Promise<AsteriskCheck> {
  const { url, username, password } = asterisk;
  return checkAsterisk({ url, username, password, ...options });
}

const whats = ({ findings }: AsteriskCheck) => findings.map(({ what }) => what);
const mends = ({ findings }: AsteriskCheck) => findings.map(({ mend }) => mend).join('\n');

describe('the check of an Asterisk that is well', () => {
  let asterisk: PrivateAsterisk;

  beforeAll(async () => {
    asterisk = await PrivateAsterisk.start({
      'modules.conf': (text) => `${text}\nload = func_config.so\n`,
      'ari.conf': (text) => `${text}\n[reader]\ntype = user\nread_only = yes\npassword = reading\n`,
    });
  }, 180_000);

  afterAll(() => asterisk.close(), 180_000);

  it('finds nothing, and leaves nothing behind', async () => {
    const result = await check(asterisk, ALL_WELL);
    expect(result).toMatchObject({ ok: true, findings: [], notes: [] });
    expect(result.version).toMatch(/^\d+\.\d+/);
    expect(await asterisk.console('core show channels count')).toContain('0 active channels');
  });

  it('finds a wrong password', async () => {
    const result = await check(asterisk, { password: 'wrong' });
    expect(result).toMatchObject({ ok: false, version: null });
    expect(whats(result)).toEqual(['Asterisk refuses the user queueapp or the password']);
  });

  it('finds a user who may only read', async () => {
    const result = await check(asterisk, { username: 'reader', password: 'reading' });
    expect(whats(result)).toEqual(['The user reader of ari.conf may only read']);
    expect(mends(result)).toContain('read_only = no');
  });

  it('finds sounds and music classes that are not there, by name', async () => {
    const result = await check(asterisk, {
      sounds: ['queueapp/welcome', 'queueapp/no-such-prompt'],
      musicClasses: ['default', 'jazz'],
    });
    expect(whats(result)).toEqual([
      'Asterisk has no sound queueapp/no-such-prompt',
      'musiconhold.conf has no class jazz',
    ]);
  });

  it('finds a port where nothing listens', async () => {
    const result = await check(asterisk, { url: 'http://127.0.0.1:1' });
    expect(whats(result)).toEqual(['Nothing listens at http://127.0.0.1:1']);
  });

  it('finds a host name that does not resolve', async () => {
    const result = await check(asterisk, { url: 'http://asterisk.invalid:8088' });
    expect(whats(result)).toHaveLength(1);
    expect(whats(result)[0]).toMatch(/^The host name asterisk\.invalid does not resolve/);
  });

  it('finds an HTTP server that is no Asterisk', async () => {
    const server = createServer((_, response) => response.end('<html>Welcome</html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(whats(await check(asterisk, { url }))).toEqual([`${url} answers, but it is no Asterisk`]);
    server.close();
  });

  it('finds an Asterisk that is too old, whatever else it says', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ system: { version: '16.2.1' } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(whats(await check(asterisk, { url }))[0]).toBe('Asterisk 16.2.1 is too old');
    server.close();
  });
});

it('finds modules that do not run and a sessionlimit that is too small', async () => {
  const without = ['res_ari_playbacks.so', 'res_stasis_device_state.so', 'res_ari_device_states.so'];
  const asterisk = await PrivateAsterisk.start({
    'modules.conf': (text) => without.reduce((left, name) => left.replace(`load = ${name}\n`, ''), text),
    'http.conf': (text) => text.replace('sessionlimit = 5000', 'sessionlimit = 60'),
  });
  try {
    const result = await check(asterisk, ALL_WELL);
    const missing = whats(result).flatMap((what) => /module (\S+) does not run/.exec(what)?.[1] ?? []);
    expect(missing.toSorted()).toEqual(without.toSorted());
    const sessions = whats(result).find((what) => what.includes('connections at a time'));
    const kept = Number(/keeps only (\d+) /.exec(sessions ?? '')?.[1]);
    // The check's own connection is one of the sixty.
    expect(kept).toBeGreaterThanOrEqual(57);
    expect(kept).toBeLessThanOrEqual(60);
    expect(mends(result)).toContain('sessionlimit = 5000');
    // The probe has let go of everything, as Asterisk finds out one connection after the other: it answers as many again.
    const isFree = async () =>
      (await check(asterisk, { sessions: 20 })).findings.every(({ what }) => what.includes('module'));
    await eventually('the connections are free again', isFree);
  } finally {
    await asterisk.close();
  }
}, 90_000);

it.each([
  ['res_ari_asterisk.so', "Asterisk's module res_ari_asterisk.so does not run (needed for this check)"],
  ['res_ari.so', /answers 404: an HTTP server, but not the REST interface/],
])(
  'finds that %s does not run',
  async (module, expected) => {
    // Asterisk can't be waited for over a REST interface that it does not have: the module goes away afterwards.
    const asterisk = await PrivateAsterisk.start();
    try {
      for (const name of module === 'res_ari.so' ? await ariModules(asterisk) : [module]) {
        await asterisk.console(`module unload ${name}`);
      }
      const result = await check(asterisk);
      expect(whats(result)).toHaveLength(1);
      expect(whats(result)[0]).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    } finally {
      await asterisk.close();
    }
  },
  90_000,
);

/** Everything that uses res_ari.so, and then itself. */
async function ariModules(asterisk: PrivateAsterisk): Promise<readonly string[]> {
  const names = (await asterisk.console('module show like res_ari_')).match(/res_ari_\w+\.so/g) ?? [];
  return [...names.filter((name) => name !== 'res_ari_model.so'), 'res_ari.so'];
}
