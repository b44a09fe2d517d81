import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHECKOUT } from '../../../install/private-stack/paths.ts';

const INSTALL = join(CHECKOUT, 'install');
const run = (command: string, ...args: string[]) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (error) throw error;
  return { status, said: `${stdout}${stderr}` };
};

describe('The systemd units', () => {
  const units = readdirSync(join(INSTALL, 'systemd')).map((file) => join(INSTALL, 'systemd', file));
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'queueapp-units-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(units)('%s passes systemd-analyze verify without a word', (unit) => {
    expect(run('systemd-analyze', 'verify', unit)).toEqual({ status: 0, said: '' });
  });

  it('would not pass with a wrong word in it (the check itself works)', () => {
    const wrong = join(folder, 'queueapp.service');
    writeFileSync(
      wrong,
      readFileSync(join(INSTALL, 'systemd/queueapp.service'), 'utf8').replace('Type=exec', 'Type=exce'),
    );
    expect(run('systemd-analyze', 'verify', wrong).said).toContain('exce');
  });

  it('leave an attacker little: exposure at most 2 of 10', () => {
    const { said } = run('systemd-analyze', 'security', '--offline=yes', join(INSTALL, 'systemd/queueapp.service'));
    const exposure = /Overall exposure level for queueapp\.service: ([0-9.]+)/.exec(said)?.[1];
    expect(Number(exposure)).toBeLessThanOrEqual(2);
  });
});

describe('The samples of the XMPP servers', () => {
  it('are Lua that compiles (Prosody)', () => {
    expect(run('luac5.4', '-p', join(INSTALL, 'prosody/prosody.cfg.lua'))).toEqual({ status: 0, said: '' });
  });

  it('are taken by Prosody as they lie', () => {
    const folder = mkdtempSync(join(tmpdir(), 'queueapp-prosody-'));
    try {
      cpSync(join(INSTALL, 'prosody'), folder, { recursive: true });
      const { said } = run('prosodyctl', '--root', '--config', join(folder, 'prosody.cfg.lua'), 'check', 'config');
      expect(said).toContain('All checks passed, congratulations!');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('The shell scripts', () => {
  const scripts = [
    'stack',
    'lib.sh',
    ...readdirSync(INSTALL).filter((file) => file.endsWith('.sh') && file !== 'lib.sh'),
  ];

  it.each(scripts)('install/%s is correct bash', (script) => {
    expect(run('bash', '-n', join(INSTALL, script))).toEqual({ status: 0, said: '' });
  });

  it('name the packages that are missing, and none that is there', () => {
    const script = join(INSTALL, 'packages.sh');
    expect(run(script, '--list', 'coreutils', 'no-such-package-9', 'bash')).toEqual({
      status: 0,
      said: 'no-such-package-9\n',
    });
    expect(run(script, '--nonsense').status).toBe(2);
  });
});
