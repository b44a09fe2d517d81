import { describe, expect, test } from '@jest/globals';
import { imported } from '../../support/import/imported.ts';

describe('queuerules.conf', () => {
  test('rows become rows, in the order of their times', () => {
    const rules =
      '[general]\nrealtime_rules=no\n[MyRule]\npenaltychange => 60,10,5\npenaltychange => 30,+3\npenaltychange=>75,,-7\npenaltychange => 90,,,20\npenaltychange=>0,1';
    const { config, fate } = imported({ queues: '[q]\ndefaultrule=myrule', rules });
    expect(config['penalty-rules']).toEqual({
      MyRule: [
        { after: 0, max: 1 },
        { after: '30s', max: '+3' },
        { after: '60s', max: 10, min: 5 },
        { after: '75s', min: '-7' },
        { after: '90s', raise: 20 },
      ],
    });
    expect(config.queues['q']).toMatchObject({ 'penalty-rule': 'MyRule' });
    expect(fate.filter((line) => !line.startsWith('taken') && !line.startsWith('default'))).toEqual([]);
  });

  test('a raise that keeps the least penalty is changed, with the reason', () => {
    const { config, fate } = imported({ rules: '[r]\npenaltychange => 120,5,3,r20' });
    expect(config['penalty-rules']).toEqual({ r: [{ after: '120s', max: 5, min: 3, raise: 20 }] });
    expect(fate.at(-1)).toContain('changed penaltychange → penalty-rules.r: the r holds for callers who came with');
  });

  test.each([
    ['penaltychange => soon,1', 'expected seconds first, got "soon"'],
    ['penaltychange => -5,1', 'expected seconds first, got "-5"'],
    ['penaltychange => 5', 'changes nothing'],
    ['penaltychange => 5,high', '"high" is no penalty and no change of one'],
    ['penaltychange => 5,r1', '"r1" is no penalty and no change of one'],
    ['penalty => 5,1', 'a rule knows penaltychange alone'],
  ])('%s is left', (line, reason) => {
    const { config, fate } = imported({ rules: `[r]\n${line}\npenaltychange => 9,9` });
    expect(config['penalty-rules']).toEqual({ r: [{ after: '9s', max: 9 }] });
    expect(fate.join('\n')).toContain(reason);
  });

  test('rules in the database are named, and a rule that is not there is no rule', () => {
    const { config, fate } = imported({
      queues: '[q]\ndefaultrule=other',
      rules: '[general]\nrealtime_rules=yes\n[two words]\npenaltychange=>1,1',
    });
    expect(config['penalty-rules']).toEqual({ 'two-words': [{ after: '1s', max: 1 }] });
    expect(fate).toEqual(
      expect.arrayContaining([
        'left realtime_rules: rules of the database table queue_rules are not read; write them into penalty-rules',
        'left defaultrule: queues.q.penalty-rule names no rule of queuerules.conf',
        'changed penaltychange → penalty-rules.two-words: the rule is named two-words',
      ]),
    );
  });
});

describe('musiconhold.conf', () => {
  test.each([
    ['mode=files\ndirectory=moh', { folder: '/var/lib/asterisk/moh' }],
    ['mode=files\ndirectory=/srv/music', { folder: '/srv/music' }],
    ['mode=files\ndirectory=/srv/music\nsort=random', { folder: '/srv/music', programme: { order: 'random' } }],
    ['mode=files\ndirectory=/srv/music\nsort=alpha', { folder: '/srv/music', programme: { order: 'alphabetical' } }],
    ['mode=files\ndirectory=/srv/music\nrandom=yes', { folder: '/srv/music', programme: { order: 'random' } }],
    ['mode=playlist\nentry=http://radio.example.org/live.mp3', { stream: 'http://radio.example.org/live.mp3' }],
    ['mode=playlist\nentry=/srv/music/a\nentry=/srv/music/b', { folder: '/srv/music' }],
  ])('%j is a class of this application', (lines, expected) => {
    const { config } = imported({ music: `[general]\n[native]\n${lines}` });
    expect(config['music-classes']).toEqual({ native: { ...expected, fallback: 'native' } });
  });

  test.each([
    ['mode=custom\napplication=/usr/bin/mpg123 -q', 'music by mode=custom comes out of another program'],
    ['mode=quietmp3\ndirectory=/srv/mp3', 'music by mode=quietmp3 comes out of another program'],
    ['mode=playlist\nentry=/a/1\nentry=/b/1', 'the entries lie in several places'],
    ['mode=playlist', 'has no entries'],
    ['mode=files', 'has no directory'],
    ['directory=moh', 'has no mode'],
  ])("%j stays Asterisk's", (lines, reason) => {
    const { config, fate } = imported({ queues: '[q]\nmusicclass=native', music: `[native]\n${lines}` });
    expect(config['music-classes']).toEqual({});
    expect(config.queues['q']).toMatchObject({ 'music-class': 'native' });
    const left = fate.filter((line) => line.startsWith('left'));
    expect(left).toHaveLength(lines.split('\n').length);
    for (const line of left) {
      expect(line).toContain(reason);
      expect(line).toContain("the class stays Asterisk's");
    }
  });

  test.each([
    ['digit=#', 'left digit'],
    ['announcement=queue-thankyou', 'left announcement'],
    ['loop_last=yes', 'left loop_last'],
    ['answeredonly=yes', 'taken answeredonly'],
    ['format=ulaw', 'left format'],
    ['kill_escalation_delay=500', 'left kill_escalation_delay'],
    ['kill_method=process', 'left kill_method'],
    ['sort=randstart', 'changed sort → music-classes.m.programme.order'],
    ['sort=loudest', 'left sort: Asterisk knows no such order'],
    ['dgit=1', 'left dgit: Asterisk has no such option here; did you mean "digit"?'],
  ])('%s', (line, expected) => {
    const { fate } = imported({ music: `[m]\nmode=files\ndirectory=/m\n${line}` });
    expect(fate.at(-1)).toContain(expected);
  });

  test.each([
    ['cachertclasses=yes', 'left cachertclasses'],
    ['preferchannelclass=yes', 'taken preferchannelclass'],
    ['preferchannelclass=no', 'left preferchannelclass'],
  ])('[general] %s', (line, expected) => {
    expect(imported({ music: `[general]\n${line}` }).fate.at(-1)).toContain(expected);
  });

  test('a second class of a name is left, a name that can not be used stays with Asterisk', () => {
    const music =
      '[m]\nmode=files\ndirectory=/1\n[m]\nmode=files\ndirectory=/2\n[a b]\nmode=files\ndirectory=/3\n[__proto__]\nmode=files\n[constructor]\nmode=files\ndirectory=/4';
    const { config, fate } = imported({ music });
    expect(config['music-classes']).toEqual({
      m: { folder: '/1', fallback: 'm' },
      constructor: { folder: '/4', fallback: 'constructor' },
    });
    expect(fate.filter((line) => line.startsWith('left'))).toHaveLength(5);
  });

  test('what the check of the configuration refuses is left in its own words', () => {
    const { config, fate } = imported({ music: '[m]\nmode=playlist\nentry=http://user:secret@host/x' });
    expect(config['music-classes']).toEqual({});
    expect(fate.join('\n')).toContain('a password has no place in an address');
  });
});
