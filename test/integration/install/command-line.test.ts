import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { environmentLines, shellQuote } from '../../../install/private-stack/env.ts';
import { CHECKOUT, cacheFolder, runFolder } from '../../../install/private-stack/paths.ts';

const stack = (...args: string[]) =>
  spawnSync(join(CHECKOUT, 'install/stack'), args, { encoding: 'utf8', cwd: '/', timeout: 60_000 });

describe('install/stack', () => {
  it('explains itself, from whatever folder it is called', () => {
    const { status, stdout } = stack('--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^usage: install\/stack COMMAND/);
  });

  it.each([
    ['no command', [], 'a command is missing'],
    ['an unknown command', ['dance'], 'unknown command "dance"'],
    ['a command that objects have by nature', ['constructor'], 'unknown command "constructor"'],
    ['an unknown option', ['up', '--fast'], '--fast'],
    ['an unknown XMPP server', ['up', '--xmpp', 'openfire'], '--xmpp is one of prosody, ejabberd, not "openfire"'],
    ['an unknown Asterisk', ['up', '--asterisk', '13'], '--asterisk is one of current, bullseye, not "13"'],
    ['too many members', ['up', '--members', '1000'], '--members is a number from 0 to 999'],
    ['a number that is none', ['up', '--members', '1e2'], '--members is a number from 0 to 999'],
    ['a server without name', ['restart'], 'name one server: postgres, xmpp, asterisk'],
    ['an unknown server', ['kill', 'apache'], 'The server is one of postgres, xmpp, asterisk, not "apache"'],
  ])('ends with 2 and one line on %s', (_what, args, line) => {
    const { status, stdout, stderr } = stack(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each(['../x', 'Big', 'a b', '', '-x', 'x'.repeat(21), 'a/b', 'a;b'])(
    'refuses the name %j and says which serve',
    (name) => {
      const { status, stderr } = stack('status', `--name=${name}`);
      expect(status).toBe(1);
      expect(stderr).toContain('take 1 to 20 of a-z, 0-9 and -');
    },
  );

  it('ends with 1 and says what to do when there is no such stack', () => {
    const { status, stderr } = stack('env', '--name', 'nobody-made-it');
    expect(status).toBe(1);
    expect(stderr).toContain('install/stack up --name nobody-made-it makes one');
  });
});

describe('The run folder', () => {
  it('is another one for every checkout and name', () => {
    const folders = [runFolder('a', '/x', '/r'), runFolder('b', '/x', '/r'), runFolder('a', '/y', '/r')];
    expect(new Set(folders).size).toBe(3);
  });

  it('must have a short path, so that sockets in it can be bound, and one without characters of any syntax', () => {
    expect(() => runFolder('a', '/x', `/${'d'.repeat(80)}`)).toThrow('cannot be used');
    expect(() => runFolder('a', '/x', '/with space')).toThrow('cannot be used');
    expect(() => runFolder('a', '/x', '/semi;colon')).toThrow('cannot be used');
  });

  it('lies in the cache folder: as root below /var, otherwise in the user’s own, or where QUEUEAPP_CACHE says', () => {
    expect(cacheFolder({}, 0)).toBe('/var/cache/queueapp');
    expect(cacheFolder({ XDG_CACHE_HOME: '/home/x/.c' }, 1000)).toBe('/home/x/.c/queueapp');
    expect(cacheFolder({ QUEUEAPP_CACHE: '/big/disk' }, 0)).toBe('/big/disk');
  });
});

describe('The environment lines', () => {
  it.each(['plain', 'a b', "it's", '$(touch /tmp/x)', '`id`', 'a"b', '\\', '', 'ü€', 'a\nb', '-n', '~root'])(
    'bring %j through a shell unchanged',
    (value) => {
      const script = `${environmentLines({ VALUE: value })}printf '%s' "$VALUE"`;
      const { stdout, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: value });
    },
  );

  it('stay bare where nothing needs quoting', () => {
    expect(shellQuote('postgres://u:p@127.0.0.1:1/db')).toBe('postgres://u:p@127.0.0.1:1/db');
  });
});
