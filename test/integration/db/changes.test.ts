import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import type { OpenDatabase } from '../../../db/open.ts';
import type { DeviceState } from '../../../src/core/device-state.ts';
import {
  attemptId,
  callId,
  channelId,
  entryId,
  extensionNumber,
  queueName,
  switchName,
} from '../../../src/core/ids.ts';
import type { StoreChange } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { extension as extensionRow } from '../../support/queue-people.ts';
import { PLAIN_ENTRANCE, plainEntry } from '../../support/store-requests.ts';

const ENTER = "select enter_queue('entry-1', 'call-1', 'sales', 'channel-1', '1.1', '2000', null, null, 0, now(), 0)";

/** A caller of whom nothing matters. */
const NOBODY = { caller: { number: null, name: null }, customer: null, priority: 0, joinedAtMs: 1_763_640_000_000 };

describe('Changes by others', () => {
  let postgres: TestPostgres;
  let database: OpenDatabase;
  let anybody: Client;
  let heard: StoreChange[];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    anybody = await postgres.client();
    await anybody.query("insert into queue (name, title) values ('support', 'Support'), ('sales', 'Sales')");
    await anybody.query("insert into extension (number) values ('1000'), ('2000')");
    database = await openTestDatabase(postgres.databaseUrl);
    heard = [];
    database.queueStore.subscribe((change) => heard.push(change));
    await eventually('the listener listens', () => heard.some(({ type }) => type === 'all'));
  });
  let flushes = 0;
  // What was done is heard in the order in which it was done: after this nothing of it comes any more.
  const flush = async () => {
    const name = `flush-${++flushes}`;
    await anybody.query("select pg_notify('queueapp_change', $1)", [`step|${name}`]);
    await eventually('what was before is heard', () =>
      heard.some((change) => change.type === 'step' && change.name === name),
    );
  };
  beforeEach(async () => {
    await flush();
    heard.length = 0;
  });
  afterAll(async () => {
    await database.close();
    await postgres.close();
  });

  const membership = (number: string): StoreChange => ({ type: 'membership', extension: extensionNumber(number) });
  const queue = (name: string): StoreChange => ({ type: 'queue', queue: queueName(name) });
  const step = (name: string): StoreChange => ({ type: 'step', name });
  const entry: StoreChange = { type: 'entry', queue: queueName('sales'), entryId: entryId('entry-1') };

  test.each<[string, StoreChange[]]>([
    ["insert into queue_member (queue, extension) values ('support', '1000'), ('sales', '1000')", [membership('1000')]],
    ["update queue_member set paused = true where queue = 'support'", [membership('1000')]],
    ["delete from queue_member where queue = 'support'", [membership('1000')]],
    ["update extension set jid = 'user1@example.org' where number = '1000'", [membership('1000')]],
    ["update extension set number = '3000' where number = '2000'", [membership('2000'), membership('3000')]],
    ["insert into queue (name, title) values ('repairs', 'Repairs')", [queue('repairs')]],
    ["update queue set title = 'Help' where name = 'support'", [queue('support')]],
    ["insert into ivr_step (name, definition) values ('main', '{}'), ('b', '{}')", [step('main'), step('b')]],
    ["update ivr_step set definition = '{}' where name = 'main'", [step('main')]],
    ["delete from ivr_step where name = 'b'", [step('b')]],
    ['truncate ivr_step', [{ type: 'all' }]],
    [ENTER, [entry]],
    ["update queue_entry set priority = 9 where entry_id = 'entry-1'", [entry]],
    ['truncate queue_entry cascade', [{ type: 'all' }]],
    [
      `do $$ begin for i in 1..300 loop insert into extension (number) values ('7' || i); end loop; end $$`,
      [{ type: 'all' }],
    ],
    ["select pg_notify('queueapp_change', 'nonsense')", [{ type: 'all' }]],
  ])('%s is heard at once', async (sql, expected) => {
    await anybody.query(sql);
    await eventually('the change is heard', () => heard.length >= expected.length);
    expect(heard).toEqual(expected);
  });

  test('another process of ours is heard, this one is not told what it did itself', async () => {
    const other = await openTestDatabase(postgres.databaseUrl);
    const heardByOther: StoreChange[] = [];
    other.queueStore.subscribe((change) => heardByOther.push(change));
    await eventually('the other listens', () => heardByOther.length > 0);
    const extension = extensionRow('1000');
    heardByOther.length = 0;
    heard.length = 0;
    await other.queueStore.login({ queue: queueName('support'), extension, uniqueId: 'CLI', atMs: 1_763_640_000_000 });
    await eventually('the login is heard', () => heard.length > 0);
    await anybody.query("update queue set title = 'Support' where name = 'support'");
    await eventually('what comes afterwards is heard', () => heardByOther.length > 0);
    expect(heard[0]).toEqual(membership('1000'));
    expect(heardByOther).toEqual([queue('support')]);
    await other.close();
  });

  test.each([
    ['whom a reservation has is told with it, where others match with the same members', true],
    ['a reservation is told as any other change, where nobody does', false],
  ])('%s', async (_what, hasRivals) => {
    const other = await openTestDatabase(postgres.databaseUrl, { hasRivals });
    const listening: StoreChange[] = [];
    other.queueStore.subscribe((change) => listening.push(change));
    await eventually('the other listens', () => listening.length > 0);
    const [queue, extension, id] = [queueName('support'), extensionNumber('1000'), randomUUID()];
    await anybody.query(
      "insert into queue_member (queue, extension) values ('support', '1000') on conflict do nothing",
    );
    const place = plainEntry({
      entryId: entryId(id),
      callId: callId(id),
      queue,
      ...NOBODY,
      channelId: channelId(id),
      uniqueId: id,
    });
    await other.queueStore.enter(place, PLAIN_ENTRANCE);
    const offer = { attemptId: attemptId(`${id}-1`), extension };
    const request = {
      entryId: entryId(id),
      queue,
      offers: [offer],
      isExclusive: true,
      isRemembered: false,
      atMs: NOBODY.joinedAtMs,
    };
    expect(await other.queueStore.reserve(request)).toEqual([offer.attemptId]);
    await other.queueStore.miss({
      attemptId: offer.attemptId,
      outcome: 'cancelled',
      ringMs: 0,
      atMs: NOBODY.joinedAtMs,
    });
    const pause = (isPaused: boolean) =>
      other.queueStore.pause({ queue, extension: extensionRow('1000'), reason: '', isPaused, atMs: NOBODY.joinedAtMs });
    await pause(true);
    await pause(false);
    await flush();
    // Of the entry, its place and its end besides, which have no such thing.
    const rings = heard.flatMap((change) => (change.type === 'entry' ? [change.entryId === id && change.rings] : []));
    expect(rings.filter((each) => each !== undefined)).toEqual(hasRivals ? [[offer]] : []);
    await other.close();
  });

  test('states of phones are told with their newest state, whatever the phones are called', async () => {
    const other = await openTestDatabase(postgres.databaseUrl);
    const listening: StoreChange[] = [];
    other.queueStore.subscribe((change) => listening.push(change));
    await eventually('the other listens', () => listening.length > 0);
    heard.length = 0;
    const paris = switchName('paris');
    const save = (device: string, state: DeviceState) =>
      other.queueStore.saveDevices({ switchName: paris, devices: [{ device, state }], isAll: false });
    await save('PJSIP/1000', 'RINGING');
    await save('PJSIP/1000', 'INUSE');
    await save('Custom:a|b', 'NOT_INUSE');
    // What no row and no notice can hold is left out.
    await save('PJSIP/1\n000', 'INUSE');
    const of = (device: string) => heard.filter((change) => change.type === 'device' && change.device === device);
    await eventually('both phones are told of', () => of('PJSIP/1000').length > 0 && of('Custom:a|b').length > 0);
    expect(of('PJSIP/1000').at(-1)).toEqual({
      type: 'device',
      switchName: paris,
      device: 'PJSIP/1000',
      state: 'INUSE',
    });
    expect(of('Custom:a|b')).toMatchObject([{ state: 'NOT_INUSE' }]);
    expect(heard.map(({ type }) => type).filter((type) => type !== 'device')).toEqual([]);
    await other.close();
  });

  test('a listener that throws does not keep the others from hearing', async () => {
    const unsubscribe = database.queueStore.subscribe(() => {
      throw new Error('A bug');
    });
    const late: StoreChange[] = [];
    database.queueStore.subscribe((change) => late.push(change));
    await anybody.query("update queue set title = 'Sale' where name = 'sales'");
    await eventually('the change is heard', () => late.length > 0);
    expect(late).toEqual([queue('sales')]);
    unsubscribe();
  });

  test('after the connection was cut everything may have changed', async () => {
    await anybody.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'queueapp listener'",
    );
    await eventually('the listener is back', () => heard.some(({ type }) => type === 'all'));
    heard.length = 0;
    await anybody.query("update queue set title = 'Sales' where name = 'sales'");
    await eventually('the change is heard', () => heard.length > 0);
    expect(heard).toEqual([queue('sales')]);
  });
});
