import { describe, expect, test } from '@jest/globals';
import { splitArguments } from '../../../src/import/arguments.ts';
import { sqlOf } from '../../../src/import/sql.ts';
import { imported } from '../../support/import/imported.ts';
import { fc } from '../../support/property.ts';

function membersOf(lines: string, general = '') {
  const { draft, fate } = imported({ queues: `[general]\n${general}\n[q]\n${lines}` });
  return {
    extensions: draft.extensions,
    members: draft.members,
    fate: fate.filter((line) => /^\w+ member:/.test(line)),
  };
}

const BLANK = { penalty: 0, position: 0, isPaused: false, ringInUse: null, wrapUpMs: null };
const NOBODY = { name: null, stateInterface: null, jid: null, lastHangup: null };

describe('member => becomes an extension and a membership', () => {
  test.each([
    ['PJSIP/1000', { number: '1000', interface: 'PJSIP/1000' }, {}],
    ['PJSIP/1000,5', { number: '1000', interface: 'PJSIP/1000' }, { penalty: 5 }],
    ['PJSIP/1000,,Bob Johnson', { number: '1000', interface: 'PJSIP/1000', name: 'Bob Johnson' }, {}],
    ['PJSIP/1000,0,"Doe, John"', { number: '1000', interface: 'PJSIP/1000', name: 'Doe, John' }, {}],
    [
      'Local/1000@default,0,John Smith,PJSIP/1000',
      { number: '1000', interface: 'Local/1000@default', name: 'John Smith', stateInterface: 'PJSIP/1000' },
      {},
    ],
    [
      'Local/1002@agents/n,0,John,hint:1002@internal,no,30,yes',
      { number: '1002', interface: 'Local/1002@agents/n', name: 'John', stateInterface: 'hint:1002@internal' },
      { ringInUse: false, wrapUpMs: 30_000, isPaused: true },
    ],
    [
      'Local/1001@agents,0,May,Agent:1001',
      { number: '1001', interface: 'Local/1001@agents', name: 'May', stateInterface: 'Agent:1001' },
      {},
    ],
    ['DAHDI/1', { number: 'DAHDI-1', interface: 'DAHDI/1' }, {}],
    ['PJSIP/1000/sip:x@host', { number: '1000', interface: 'PJSIP/1000/sip:x@host' }, {}],
  ])('%s', (line, extension, member) => {
    const { extensions, members, fate } = membersOf(`member => ${line}`);
    expect(extensions).toEqual([{ ...NOBODY, ...extension }]);
    expect(members).toEqual([{ queue: 'q', interface: extension.interface, ...BLANK, ...member }]);
    expect(fate).toEqual([`taken member: extension ${extension.number}`]);
  });

  test.each([
    ['SIP/1000', 'PJSIP/1000', 'chan_sip is gone from Asterisk 21 on'],
    ['PJSIP/1000,-1', 'PJSIP/1000', 'app_queue makes 0 of the penalty -1'],
    ['PJSIP/1000,high', 'PJSIP/1000', 'the penalty "high" is no number: 0'],
    ['PJSIP/1000,2147483648', 'PJSIP/1000', 'the greatest penalty is 1000000000'],
    ['PJSIP/1000,0,A,a b', 'PJSIP/1000', '"a b" is no device that could be watched'],
    ['PJSIP/1000,0,A,,,,no,more', 'PJSIP/1000', 'there is more in the line than Asterisk reads'],
  ])('%s is changed', (line, rung, reason) => {
    const { members, fate } = membersOf(`member => ${line}`);
    expect(members.map((member) => member.interface)).toEqual([rung]);
    expect(fate[0]).toMatch(/^changed member: extension 1000; /);
    expect(fate[0]).toContain(reason);
  });

  test.each([
    ['', 'is nothing that could be rung'],
    ['PJSIP/1 2', 'is nothing that could be rung'],
    ['PJSIP/1&PJSIP/2', 'is nothing that could be rung'],
    [`PJSIP/${'9'.repeat(80)}`, 'is nothing that could be rung'],
  ])('%s is left', (line, reason) => {
    const { extensions, members, fate } = membersOf(`member => ${line}`);
    expect([extensions, members]).toEqual([[], []]);
    expect(fate[0]).toContain(reason);
  });

  test('a negative penalty means logged off with negative_penalty_invalid', () => {
    expect(membersOf('member => PJSIP/1000,-1', 'negative_penalty_invalid=yes')).toMatchObject({
      members: [],
      fate: [expect.stringContaining('no row is made')],
    });
  });

  test('the order of the file is kept, one person is one extension in all queues, names stay apart', () => {
    const { draft, fate } = imported({
      queues:
        '[q]\nmember => PJSIP/2,0,Bea\nmember => PJSIP/1\nmember => Local/1@x\nmember => PJSIP/2\n[r]\nmember => PJSIP/2,3,Beatrice',
    });
    expect(draft.extensions.map(({ number, interface: rung }) => [number, rung])).toEqual([
      ['2', 'PJSIP/2'],
      ['1', 'PJSIP/1'],
      ['1-2', 'Local/1@x'],
    ]);
    expect(draft.members.map(({ queue, interface: rung, position }) => [queue, rung, position])).toEqual([
      ['q', 'PJSIP/2', 0],
      ['q', 'PJSIP/1', 1],
      ['q', 'Local/1@x', 2],
      ['r', 'PJSIP/2', 0],
    ]);
    expect(fate.filter((line) => /^\w+ member:/.test(line))).toEqual([
      'taken member: extension 2',
      'taken member: extension 1',
      'taken member: extension 1-2',
      'left member: is a member of this queue already; Asterisk takes the later line, here the first one counts',
      'changed member: extension 2; the name is "Bea", as in an earlier line',
    ]);
  });
});

test('Arguments are split at commas outside of quotes and parentheses', () => {
  expect(splitArguments('a, b ,"c,d",e(f,g),h\\,i,')).toEqual(['a', 'b', 'c,d', 'e(f,g)', 'h,i', '']);
  expect(splitArguments('a"b"c,"d')).toEqual(['abc', 'd']);
});

describe('The statements', () => {
  test('quote what a file holds; nothing of it is a statement', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (name) => {
        const plain = name.replace(/[\p{Cc},;"\\()[\]=]/gu, '').trim();
        const sql = sqlOf(imported({ queues: `[q]\nmember => PJSIP/1,0,${plain}` }).draft);
        const values = /^ {2}\('1', 'PJSIP\/1', (.*), null, null, null\)$/m.exec(sql)?.[1];
        expect(values).toBe(plain === '' ? 'null' : `'${plain.slice(0, 80).replaceAll("'", "''")}'`);
      }),
      // Each run checks a whole configuration, too.
      { numRuns: 30 },
    );
  });

  test('are none where there are no rows', () => {
    expect(sqlOf(imported({ queues: '[q]' }).draft)).toBe('');
  });
});
