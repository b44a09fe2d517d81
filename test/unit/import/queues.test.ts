import { describe, expect, test } from '@jest/globals';
import { GENERAL_OPTIONS } from '../../../src/import/options/general-options.ts';
import { ALL_QUEUE_OPTIONS } from '../../../src/import/queues.ts';
import { conf, imported } from '../../support/import/imported.ts';
import { fc } from '../../support/property.ts';

/** The queue that one option makes, without what is written because nothing was. */
function queueOf(option: string) {
  const written = imported({ queues: `[q]\nstrategy=leastrecent\nautofill=yes\nringinuse=no\n${option}` });
  const {
    strategy: _strategy,
    autofill: _autofill,
    'ring-in-use': _ring,
    ...settings
  } = written.config.queues['q'] ?? {};
  return { settings, fate: written.fate.slice(3).join('\n') };
}

describe('An option of a queue becomes a setting', () => {
  test.each([
    ['musicclass = native', { 'music-class': 'native' }],
    ['music = native', { 'music-class': 'native' }],
    ['MusicOnHold = native', { 'music-class': 'native' }],
    ['announce = queue-markq', { 'member-announce': ['queue-markq'] }],
    ['announce = queue-markq&beep', { 'member-announce': ['queue-markq', 'beep'] }],
    ['servicelevel = 60', { 'service-level': '1m' }],
    ['context = qoutcon', { 'exit-context': 'qoutcon' }],
    ['penaltymemberslimit = 5', { 'penalty-members-limit': 5 }],
    ['timeout = 15', { 'ring-timeout': '15s' }],
    ['timeout = 0', { 'ring-timeout': 0 }],
    ['retry = 5', { retry: '5s' }],
    ['timeoutpriority = conf', { 'timeout-priority': 'conf' }],
    ['timeoutpriority = app', { 'timeout-priority': 'app' }],
    ['weight = 3', { weight: 3 }],
    ['wrapuptime = 90', { 'wrap-up': '90s' }],
    ['autopause = yes', { autopause: 'yes' }],
    ['autopause = all', { autopause: 'all' }],
    ['autopause = no', { autopause: 'no' }],
    ['autopausedelay = 60', { 'autopause-delay': '1m' }],
    ['autopausebusy = yes', { 'autopause-after': { busy: 1 } }],
    ['autopauseunavail = yes\nautopausebusy = no', { 'autopause-after': { unavailable: 1, busy: 0 } }],
    ['maxlen = 0', { 'max-length': 0 }],
    ['setinterfacevar = yes', { 'set-variables': ['interface'] }],
    ['setqueuevar = yes\nsetqueueentryvar = 1\nsetinterfacevar = no', { 'set-variables': ['queue', 'entry'] }],
    ['joinempty = paused,inuse,invalid', { 'join-empty': ['paused', 'inuse', 'invalid'] }],
    ['joinempty = strict', { 'join-empty': 'strict' }],
    ['joinempty = True', { 'join-empty': 'yes' }],
    ['joinempty = no', { 'join-empty': 'no' }],
    ['joinempty = inuse, loose, wrapup', { 'join-empty': ['penalty', 'invalid', 'wrapup'] }],
    ['joinempty = no,ringing', { 'join-empty': ['penalty', 'paused', 'invalid', 'ringing'] }],
    ['leavewhenempty = no,ringing', { 'leave-when-empty': ['ringing'] }],
    ['leavewhenempty = yes', { 'leave-when-empty': 'yes' }],
    ['reportholdtime = yes', { 'report-hold-time': true }],
    ['memberdelay = 2', { 'member-delay': '2s' }],
    ['timeoutrestart = on', { 'timeout-restart': true }],
    ['monitor-format = wav', { recording: { format: 'wav' } }],
    ['monitor-format = gsm', { recording: { format: 'gsm' } }],
  ])('%s', (option, expected) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual(expected);
    expect(fate).not.toMatch(/^changed/m);
  });

  test.each([
    'ringall',
    'leastrecent',
    'fewestcalls',
    'random',
    'rrmemory',
    'rrordered',
    'linear',
    'wrandom',
    'RingAll',
  ])('strategy = %s', (strategy) => {
    expect(imported({ queues: `[q]\nstrategy = ${strategy}` }).config.queues['q']).toMatchObject({
      strategy: strategy.toLowerCase(),
    });
  });
});

describe('An announcement becomes a setting', () => {
  test.each([
    ['announce-frequency = 90', { frequency: '90s' }],
    ['min-announce-frequency = 15', { 'min-frequency': '15s' }],
    ['periodic-announce-frequency = 60', { periodic: { frequency: '1m' } }],
    ['periodic-announce-startdelay = 10', { periodic: { 'start-delay': '10s' } }],
    ['random-periodic-announce = yes', { periodic: { order: 'random' } }],
    ['random-periodic-announce = no', { periodic: { order: 'in-order' } }],
    ['relative-periodic-announce = yes', { periodic: { relative: true } }],
    ['periodic-announce = one,two', { periodic: { prompts: ['one', 'two'] } }],
    ['announce-holdtime = once', { 'hold-time': 'once' }],
    ['queue-callerannounce = hello&custom/you', { 'before-conversation': ['hello', 'custom/you'] }],
    ['announce-holdtime = 1', { 'hold-time': 'yes' }],
    ['announce-position = limit', { position: 'limit' }],
    ['announce-position = more', { position: 'more' }],
    ['announce-position = no', { position: 'no' }],
    ['announce-position-limit = 5', { 'position-limit': 5 }],
    ['announce-to-first-user = no', { 'to-first': false }],
    ['announce-round-seconds = 10', { 'round-seconds': 10 }],
    ['announce-position-only-up = yes', { 'only-up': true }],
    ['queue-youarenext = a', { prompts: { 'you-are-next': 'a' } }],
    ['queue-thereare = a', { prompts: { 'there-are': 'a' } }],
    ['queue-callswaiting = a', { prompts: { 'calls-waiting': 'a' } }],
    ['queue-quantity1 = a\nqueue-quantity2 = b', { prompts: { quantity1: 'a', quantity2: 'b' } }],
    ['queue-holdtime = a', { prompts: { 'hold-time': 'a' } }],
    [
      'queue-minute = a\nqueue-minutes = b\nqueue-seconds = c',
      { prompts: { minute: 'a', minutes: 'b', seconds: 'c' } },
    ],
    ['queue-reporthold = a', { prompts: { 'report-hold': 'a' } }],
    ['queue-thankyou =', { prompts: { 'thank-you': 'none' } }],
  ])('%s', (option, expected) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual({ announcements: expected });
    expect(fate).toMatch(/^taken/);
  });

  test.each([
    'queue-thereare = queue-thereare',
    'periodic-announce = queue-periodic-announce',
    'periodic-announce-startdelay = -1',
  ])('%s is how it is anyway', (option) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual({});
    expect(fate).toMatch(/^taken .*: /);
  });

  test.each([
    ['announce-round-seconds = 7', { 'round-seconds': 0 }, 'Asterisk rounds to 0, 5, 10, 15, 20, 30 seconds'],
    [
      'periodic-announce = queue-periodic-announce,please-wait',
      { periodic: { prompts: ['queueapp/stay_on_line', 'please-wait'] } },
      'queue-periodic-announce is queueapp/stay_on_line here',
    ],
    [
      `periodic-announce = ${'abcdefghijkl'.split('').join(',')}`,
      { periodic: { prompts: 'abcdefghij'.split('') } },
      'of 12 recordings the first 10 are said',
    ],
    ['announce-position-limit = 0', { 'position-limit': 1 }, 'less than the least that is possible here, 1'],
  ])('%s is changed', (option, expected, reason) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual({ announcements: expected });
    expect(fate).toMatch(/^changed/);
    expect(fate).toContain(reason);
  });

  test.each([['queue-thereare = /tmp/x', 'expected the name of a recording']])('%s is left', (option, reason) => {
    expect(queueOf(option).fate).toContain(reason);
  });
});

describe('A value that means something else now is changed, with the reason', () => {
  test.each([
    ['timeout = -1', { 'ring-timeout': '15s' }, 'Asterisk makes 15 of "-1"'],
    ['timeout = 3600', { 'ring-timeout': '10m' }, 'more than the greatest that is possible here, 600'],
    ['retry = 0', { retry: '5s' }, 'Asterisk makes 5 of "0"'],
    ['timeout = 20s', { 'ring-timeout': '20s' }, '"20s" is no whole number: Asterisk reads 20'],
    ['timeout = fast', { 'ring-timeout': 0 }, '"fast" is no whole number: Asterisk reads 0'],
    ['timeout =', { 'ring-timeout': 0 }, '"" is no whole number: Asterisk reads 0'],
    ['maxlen = -3', { 'max-length': 0 }, 'Asterisk makes 0 of "-3"'],
    ['weight = 99999999999', { weight: 1_000_000 }, 'more than the greatest that is possible here, 1000000'],
    ['timeoutpriority = both', { 'timeout-priority': 'app' }, 'there is no "both": Asterisk takes app'],
    ['reportholdtime = maybe', { 'report-hold-time': false }, '"maybe" is no yes and no no: Asterisk takes it for no'],
    ['autopause = maybe', { autopause: 'no' }, '"maybe" is no yes and no no: Asterisk takes it for no'],
    [
      'monitor-format = gsm|wav|wav49',
      { recording: { format: 'gsm' } },
      'of several formats the first one is recorded',
    ],
    ['monitor-format = WAV', { recording: { format: 'wav49' } }, 'WAV is the ending of wav49'],
    ['joinempty = sleeping', { 'join-empty': [] }, 'Asterisk does not know "sleeping" either'],
  ])('%s', (option, expected, reason) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual(expected);
    expect(fate).toContain('changed');
    expect(fate).toContain(reason);
  });

  test.each([
    ['strategy = roundrobin', 'rrmemory', 'roundrobin is an old name of rrmemory'],
    ['strategy = fairest', 'ringall', 'there is no strategy "fairest": Asterisk takes ringall'],
  ])('%s', (option, strategy, reason) => {
    const { config, fate } = imported({ queues: `[q]\n${option}` });
    expect(config.queues['q']).toMatchObject({ strategy });
    expect(fate).toContain(`changed strategy → queues.q.strategy: ${reason}`);
  });
});

describe('What nothing takes over is left, and named', () => {
  test.each([
    ['membergosub = sub,1', 'nothing of the dialplan runs'],
    ['membermacro = macro', 'nothing of the dialplan runs'],
    ['monitor-join = yes', 'recording.what says whether both sides are in one file'],
    ['monitor-type = Monitor', 'Asterisk knows MixMonitor alone since version 21'],
    ['monitor-format = ulaw', 'queues.q.recording.format expected one of wav'],
    ['monitor-format =', 'is empty: nothing is recorded'],
    ['eventwhencalled = vars', 'there are no manager events'],
    ['eventmemberstatus = yes', 'there are no manager events'],
    ['stratgy = ringall', 'Asterisk has no such option here; did you mean "strategy"?'],
    ['defaultrule = r', 'queues.q.penalty-rule needs the rules: name queuerules.conf, too'],
    ['musicclass = a b', 'queues.q.music-class expected the name of a music class'],
    ['announce = /etc/../x y', 'expected a prompt such as queueapp/welcome'],
    ['context = in side', 'queues.q.exit-context expected'],
    ['announce =', 'is empty: nothing is said'],
  ])('%s', (option, reason) => {
    const { settings, fate } = queueOf(option);
    expect(settings).toEqual({});
    expect(fate).toMatch(/^left /);
    expect(fate).toContain(reason);
  });

  test('of a line that is written twice the first, for Asterisk takes the last', () => {
    const { settings, fate } = queueOf('timeout = 10\ntimeout = 20\nTimeOut = 30');
    expect(settings).toEqual({ 'ring-timeout': '30s' });
    expect(fate.split('\n')).toEqual([
      'left timeout: line 6 says it again, and that counts',
      'left timeout: line 7 says it again, and that counts',
      'taken TimeOut → queues.q.ring-timeout',
    ]);
  });

  test('of a template what the queue says otherwise', () => {
    const { config } = imported({ queues: '[t](!)\ntimeout=10\nretry=2\n[q](t)\ntimeout=20' });
    expect(config.queues['q']).toMatchObject({ 'ring-timeout': '20s', retry: '2s' });
    expect(Object.keys(config.queues)).toEqual(['q']);
  });

  test('of a second queue of the name everything, whatever its letters; (+) adds to the first', () => {
    const { config, fate } = imported({ queues: '[q]\ntimeout=10\n[Q]\nretry=2\n[q](+)\nwrapuptime=3' });
    expect(Object.keys(config.queues)).toEqual(['q']);
    expect(config.queues['q']).toMatchObject({ 'ring-timeout': '10s', 'wrap-up': '3s' });
    expect(fate.at(-1)).toMatch(/^left retry: app_queue passes over a second \[Q\]/);
  });
});

describe('Queues go on as they were', () => {
  test("app_queue's defaults are written out where those of this application differ", () => {
    const { config, fate } = imported({ queues: '[q]' });
    expect(config.queues['q']).toEqual({ strategy: 'ringall', autofill: false, 'ring-in-use': true });
    expect(fate.map((line) => line.split(':')[0])).toEqual([
      'default strategy → queues.q.strategy',
      'default autofill → queues.q.autofill',
      'default ringinuse → queues.q.ring-in-use',
    ]);
  });

  test.each([
    ['yes', undefined],
    ['no', false],
  ])("[general]'s autofill=%s holds for queues without their own", (word, expected) => {
    const { config } = imported({ queues: `[general]\nautofill=${word}\n[q]\n[r]\nautofill=yes` });
    expect(config.queues['q']?.['autofill']).toBe(expected);
    expect(config.queues['r']?.['autofill']).toBe(true);
  });

  test('a name that can not be used is changed, the old one is the title; names stay apart', () => {
    const { config, fate } = imported({ queues: '[Müller & Söhne]\n[Muller Sohne]\n[*]\n[hangup]' });
    expect(Object.keys(config.queues)).toEqual(['Muller-Sohne', 'Muller-Sohne-2', 'queue', 'hangup']);
    expect(config.queues['Muller-Sohne']).toMatchObject({ title: 'Müller & Söhne' });
    expect(fate[0]).toContain('the dialplan says Stasis(queueapp,queue,Muller-Sohne) now');
  });

  test('a queue that has the name of a target gets a step of another name', () => {
    expect(imported({ queues: '[hangup]' }).text).toContain('start: hangup-queue');
  });
});

describe('[general] of queues.conf', () => {
  test.each([
    ['shared_lastcall = yes', { 'shared-last-call': true }],
    ['shared_lastcall = no', { 'shared-last-call': false }],
    ['log_membername_as_agent = yes', { 'log-member-name-as-agent': true }],
    ['log-caller-id-name = yes', { 'log-caller-id-name': true }],
    ['log-restricted-caller-id = no', { 'log-restricted-caller-id': false }],
    ['force_longest_waiting_caller = prio', { 'force-longest-waiting-caller': 'prio' }],
    ['force_longest_waiting_caller = yes', { 'force-longest-waiting-caller': 'yes' }],
  ])('%s', (option, expected) => {
    expect(imported({ queues: `[general]\n${option}\n[q]` }).config.queueing).toEqual(expected);
  });

  test.each([
    ['persistentmembers = yes', 'taken persistentmembers: members are rows'],
    ['persistentmembers = no', 'left persistentmembers: members are rows'],
    ['negative_penalty_invalid = no', 'taken negative_penalty_invalid: there are no negative penalties'],
    ['negative_penalty_invalid = yes', 'left negative_penalty_invalid: there are no negative penalties'],
    ['monitor-type = MixMonitor', 'taken monitor-type'],
    ['monitor-type = Monitor', 'left monitor-type'],
    ['force_longest_waiting_caller = no', 'left force_longest_waiting_caller: between queues of equal weight'],
    ['log_unpause_on_reason_change = yes', 'left log_unpause_on_reason_change'],
    ['updatecdr = yes', 'left updatecdr'],
    ['shared_lastcal = yes', 'left shared_lastcal: Asterisk has no such option here; did you mean "shared_lastcall"?'],
  ])('%s', (option, expected) => {
    expect(imported({ queues: `[General]\n${option}\n[q]` }).fate[0]).toContain(expected);
  });
});

test('Sections keep the order in which they stand, so the first queue is where Stasis(queueapp) begins', () => {
  expect(conf('[b]\n[a]').sections.map(({ name }) => name)).toEqual(['b', 'a']);
  expect(imported({ queues: '[b]\n[a]' }).text).toMatch(/ivr:\n {2}start: b\n/);
});

test('Whatever options and values stand there: each is accounted for, and the configuration is accepted', () => {
  const names = [...ALL_QUEUE_OPTIONS, ...GENERAL_OPTIONS].flatMap((rule) => rule.names);
  const value = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.integer().map(String),
    fc.constantFrom(
      'yes',
      'no',
      'all',
      '*a',
      '&b',
      '{x: 1}',
      '- y',
      '"',
      "'",
      '# z',
      '!!binary',
      'true',
      'null',
      '1e3',
      '../../x',
    ),
  );
  const option = fc.tuple(fc.constantFrom(...names), value);
  const section = fc.tuple(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.array(option, { maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), (sections) => {
      const plain = (text: string) => text.replace(/[\p{Cc};[\]\\]/gu, '');
      const queues = sections.map(([name, options]) =>
        [`[${plain(name).trim() || 'q'}]`, ...options.map(([key, text]) => `${key} = ${plain(text)}`)].join('\n'),
      );
      // Throws when the check of the configuration finds anything.
      const { draft } = imported({ queues: `[general]\nautofill=yes\n[last]\n${queues.join('\n')}` });
      const read = draft.entries.filter(({ verdict, option: key }) => verdict !== 'default' && key !== 'queue');
      expect(read).toHaveLength(1 + sections.reduce((sum, [, options]) => sum + options.length, 0));
      for (const { verdict, note } of read) if (verdict !== 'taken') expect(note?.length).toBeGreaterThan(3);
    }),
    { numRuns: 60 },
  );
});
