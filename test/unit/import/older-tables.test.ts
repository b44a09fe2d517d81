import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { checkFile } from '../../../src/config/check-file.ts';
import { configurationOf } from '../../../src/import/configuration.ts';
import { Draft } from '../../../src/import/draft.ts';
import { importOlderTables, type OlderTables } from '../../../src/import/older-tables.ts';
import { importQueues } from '../../../src/import/queues.ts';
import { conf, fateOf } from '../../support/import/imported.ts';

const NOTHING: OlderTables = { customers: [], phones: [], queues: [{ id: '1', name: 'support' }], memberships: [] };

function taken(tables: Partial<OlderTables>) {
  const draft = new Draft();
  importOlderTables({ ...NOTHING, ...tables }, draft, 'db.example.org/ivr');
  const { text } = configurationOf(draft, 'out.yaml');
  expect(checkFile(text, 'out.yaml').findings).toEqual([]);
  return { draft, config: parse(text), fate: draft.entries.filter(({ verdict }) => verdict !== 'default').map(fateOf) };
}

const membership = { id: '1', queueId: '1', phoneId: '7', isLoggedIn: true, lastHangup: null };
const phone = { id: '7', extension: '1000', jid: 'user1@example.org' };

describe('The tables of the older program', () => {
  test('a queue, its telephone with its person, and who is logged in', () => {
    const { draft, config, fate } = taken({ phones: [phone], memberships: [membership] });
    expect(draft.extensions).toMatchObject([{ number: '1000', interface: 'PJSIP/1000', jid: 'user1@example.org' }]);
    expect(draft.members).toMatchObject([{ queue: 'support', interface: 'PJSIP/1000', penalty: 0, position: 0 }]);
    expect(config).toMatchObject({ queues: { support: {} }, 'default-queue': 'support', xmpp: { payload: 'hybrid' } });
    expect(fate).toEqual(['taken name', 'taken extension', 'taken logged']);
  });

  test('who is logged out is no member; the latest end of a call counts, whatever the queue', () => {
    const { draft, fate } = taken({
      queues: [...NOTHING.queues, { id: '2', name: 'sales' }],
      phones: [phone],
      memberships: [
        { ...membership, isLoggedIn: false, lastHangup: '2016-04-13 10:00:01' },
        { ...membership, id: '2', queueId: '2', lastHangup: '2016-04-13 09:59:59' },
      ],
    });
    expect(draft.members.map(({ queue }) => queue)).toEqual(['sales']);
    expect(draft.extensions).toMatchObject([{ lastHangup: '2016-04-13 10:00:01' }]);
    expect(fate).toContain('taken logged: 1000 is logged out: a row of queue_member is made by the next login');
  });

  test('rows that lead nowhere, and the same row twice, are left', () => {
    const { draft, fate } = taken({
      phones: [phone, { id: '8', extension: 'no such number', jid: '' }],
      memberships: [
        membership,
        { ...membership, id: '2' },
        { ...membership, id: '3', queueId: '9' },
        { ...membership, id: '4', phoneId: '8' },
      ],
    });
    expect(draft.members).toHaveLength(1);
    expect(fate.filter((line) => line.startsWith('left'))).toEqual([
      'left extension: "no such number" is no number of a telephone',
      'left logged: 1000 is logged in to support by an earlier row',
      'left logged: there is no queue with the id 9',
      'left logged: there is no telephone with the id 8',
    ]);
  });

  test('a number that another telephone of queues.conf has is given another one, and nobody is lost', () => {
    const draft = new Draft();
    importQueues(conf('[sales]\nmember => Local/1000@agents'), draft);
    importOlderTables({ ...NOTHING, phones: [phone], memberships: [membership] }, draft, 'db.example.org/ivr');
    expect(draft.extensions.map(({ number, interface: rung }) => [number, rung])).toEqual([
      ['1000', 'Local/1000@agents'],
      ['1000-2', 'PJSIP/1000'],
    ]);
    expect(draft.members.map(({ queue, interface: rung }) => [queue, rung])).toEqual([
      ['sales', 'Local/1000@agents'],
      ['support', 'PJSIP/1000'],
    ]);
    expect(draft.entries.map(fateOf)).toContain(
      'changed extension: the number 1000 is that of another telephone: this one is extension 1000-2',
    );
  });

  test('customers keep their ids; codes lose their filling; a code belongs to one of them', () => {
    const { draft, fate } = taken({
      customers: [
        { id: '1', name: 'Company 1', code: '1111' },
        { id: '2', name: 'Company 2', code: '22  ' },
        { id: '5', name: '', code: '1111' },
        { id: '6', name: 'No code', code: '    ' },
      ],
    });
    expect(draft.customers).toEqual([
      { id: '1', name: 'Company 1', code: '1111' },
      { id: '2', name: 'Company 2', code: '22' },
      { id: '5', name: 'Customer 5', code: null },
      { id: '6', name: 'No code', code: null },
    ]);
    expect(fate).toContain(
      'changed customer: the code 1111 is that of customer 1: taken over without a code; has no name: named Customer 5',
    );
  });

  test('a queue of a name that can not be used is named anew', () => {
    const { config } = taken({ queues: [{ id: '1', name: ' Atención al cliente ' }] });
    expect(config.queues).toEqual({ 'Atencion-al-cliente': { title: 'Atención al cliente' } });
  });
});
