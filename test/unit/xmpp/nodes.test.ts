import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/log.ts';
import { Nodes } from '../../../xmpp/nodes.ts';
import { Pubsub } from '../../../xmpp/pubsub.ts';
import type { CallState } from '../../../xmpp/stanzas/call.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { sampleAttempt, sampleCall } from '../../support/fakes/fake-announcer.ts';
import { FakePubsubService } from '../../support/fakes/fake-pubsub.ts';
import { fc } from '../../support/property.ts';

const NODE = 'extension1000';

function setUp() {
  const clock = new FakeClock();
  const service = new FakePubsubService(clock);
  const elsewhere = new Set<string>();
  const pubsub = new Pubsub({
    service: 'pubsub',
    owner: 'queueapp@ivr.test',
    log: silentLog(),
    request: service.request,
  });
  const nodes = new Nodes({
    pubsub,
    clock,
    random: () => 0.5,
    log: silentLog(),
    payload: 'native',
    isHeldElsewhere: (id) => elsewhere.has(id),
  });
  const offer = (id: string, extension = '1000') => sampleAttempt(id, extension, sampleCall(`call-of-${id}`));
  return { clock, service, nodes, offer, elsewhere };
}

/** Everything but the upkeep: what subscribers see. */
const visible = (log: readonly string[]) => log.filter((line) => /^(publish|retract|delete)/.test(line));

describe('nodes of extensions', () => {
  test('a node is made, opened to those who may, and used', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    const opened = nodes.open('1000', ['crm@ivr.test', 'User1@ivr.test', null, 'not a jid', 'crm@ivr.test']);
    await clock.advance(100);
    await opened;
    expect([...(service.nodes.get(NODE)?.affiliations ?? [])]).toEqual([
      ['crm@ivr.test', 'member'],
      ['user1@ivr.test', 'member'],
    ]);
    expect([...(service.nodes.get(NODE)?.subscriptions.keys() ?? [])]).toEqual(['crm@ivr.test', 'user1@ivr.test']);
    nodes.put(offer('a'), 'ringing');
    const outcome = nodes.acknowledged(offer('a'));
    await clock.advance(100);
    expect(await outcome).toBe('acknowledged');
    expect(service.nodes.get(NODE)?.item).toEqual({ id: 'a', state: 'ringing' });
  });

  test('who may no longer see a node that exists loses the subscription first, then the affiliation', async () => {
    const { clock, service, nodes } = setUp();
    service.nodes.set(NODE, {
      item: null,
      affiliations: new Map([
        ['old@ivr.test', 'member'],
        ['queueapp@ivr.test', 'owner'],
      ]),
      subscriptions: new Map([['old@ivr.test', 'subscribed']]),
    });
    nodes.online(true);
    nodes.open('1000', ['crm@ivr.test']).catch(() => {});
    await clock.advance(100);
    const steps = service.log.map((line) => line.split(' ')[0]);
    expect(steps.indexOf('subscriptions')).toBeLessThan(steps.indexOf('affiliations'));
    expect([...(service.nodes.get(NODE)?.affiliations.keys() ?? [])]).toEqual(['queueapp@ivr.test', 'crm@ivr.test']);
    expect([...(service.nodes.get(NODE)?.subscriptions.keys() ?? [])]).toEqual(['crm@ivr.test']);
  });

  test('an item of a call that another process looks after is left where it is, and makes room for a newer one', async () => {
    const { clock, service, nodes, offer, elsewhere } = setUp();
    elsewhere.add('theirs');
    const item = { id: 'theirs', state: 'ringing' };
    service.nodes.set(NODE, { item, affiliations: new Map(), subscriptions: new Map() });
    nodes.online(true);
    const level = nodes.reconcile(new Map([['1000', []]]), []);
    await clock.advance(5_000);
    await level;
    expect(service.nodes.get(NODE)?.item).toEqual(item);
    nodes.put(offer('ours'), 'ringing');
    await clock.advance(100);
    expect(service.nodes.get(NODE)?.item).toEqual({ id: 'ours', state: 'ringing' });
    expect(service.log.filter((line) => line.startsWith('retract'))).toEqual([]);
  });

  test('when the server is behind, only the newest state is sent', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    nodes.open('1000', []).catch(() => {});
    await clock.advance(100);
    service.latencyMs = () => 1_000;
    nodes.put(offer('a'), 'ringing');
    await clock.advance(500);
    nodes.put(offer('a'), 'connected');
    nodes.put(offer('a'), 'ended');
    nodes.put(offer('b'), 'ringing');
    nodes.put(offer('b'), 'connected');
    await clock.advance(5_000);
    expect(visible(service.log)).toEqual([`publish ${NODE} a ringing`, `publish ${NODE} b connected`]);
  });

  /** A node with the item of a call that has just ended. */
  async function ended() {
    const world = setUp();
    const { clock, service, nodes, offer } = world;
    nodes.online(true);
    nodes.open('1000', []).catch(() => {});
    await clock.advance(100);
    service.log.length = 0;
    nodes.put(offer('a'), 'connected');
    nodes.put(offer('a'), 'ended');
    await clock.advance(10);
    return world;
  }

  test('an ended item is taken away half a second later', async () => {
    const { clock, service, nodes } = await ended();
    await clock.advance(480);
    expect(visible(service.log)).toEqual([`publish ${NODE} a connected`, `publish ${NODE} a ended`]);
    expect(nodes.behind).toBe(0);
    await clock.advance(30);
    expect(visible(service.log).at(-1)).toBe(`retract ${NODE} a`);
    expect(service.nodes.get(NODE)?.item).toBeNull();
  });

  test('the next call of a busy member takes the place of the ended item, and waits for no retraction', async () => {
    const { clock, service, nodes, offer } = await ended();
    await clock.advance(100);
    nodes.put(offer('b'), 'ringing');
    await clock.advance(5_000);
    expect(visible(service.log).slice(2)).toEqual([`publish ${NODE} b ringing`]);
    nodes.put(offer('b'), 'ended');
    await clock.advance(490);
    expect(service.nodes.get(NODE)?.item).toEqual({ id: 'b', state: 'ended' });
    await clock.advance(30);
    expect(service.nodes.get(NODE)?.item).toBeNull();
  });

  test('at the end of the process nothing is left for later', async () => {
    const { clock, service, nodes, offer } = await ended();
    const finished = nodes.finished();
    await clock.advance(10);
    await finished;
    expect(service.nodes.get(NODE)?.item).toBeNull();
    nodes.put(offer('b'), 'ended');
    await clock.advance(10);
    expect(visible(service.log).at(-1)).toBe(`retract ${NODE} b`);
  });

  test('who waits for an attempt that another one replaces is told at once', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    nodes.open('1000', []).catch(() => {});
    await clock.advance(100);
    service.latencyMs = () => 1_000;
    nodes.put(offer('a'), 'ringing');
    nodes.put(offer('b'), 'ringing');
    const second = nodes.acknowledged(offer('b'));
    expect(await nodes.acknowledged(offer('a'))).toBe('refused');
    nodes.put(offer('c'), 'ringing');
    expect(await second).toBe('refused');
  });

  test('a node that somebody deleted is made again for the call, and not without end', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    nodes.open('1000', []).catch(() => {});
    await clock.advance(100);
    service.nodes.delete(NODE);
    nodes.put(offer('a'), 'ringing');
    const outcome = nodes.acknowledged(offer('a'));
    await clock.advance(100);
    expect(await outcome).toBe('acknowledged');
    service.fault = (operation) => (operation.startsWith('publish') ? 'item-not-found' : null);
    nodes.put(offer('b'), 'ringing');
    const failed = nodes.acknowledged(offer('b'));
    const before = service.log.length;
    await clock.advance(1_000);
    expect(await failed).toBe('refused');
    expect(service.log.length - before).toBeLessThan(40);
  });

  test('a refusal is not asked again and again, but the next call is tried at once', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    nodes.open('1000', []).catch(() => {});
    await clock.advance(100);
    let asked = 0;
    service.fault = (operation) => {
      if (!operation.startsWith('publish')) return null;
      asked += 1;
      return 'forbidden';
    };
    nodes.put(offer('a'), 'ringing');
    const first = nodes.acknowledged(offer('a'));
    await clock.advance(1_000);
    expect([await first, asked]).toEqual(['refused', 1]);
    await clock.advance(600_000);
    expect(asked).toBeLessThan(25);
    service.fault = () => null;
    nodes.put(offer('b'), 'ringing');
    const second = nodes.acknowledged(offer('b'));
    await clock.advance(100);
    expect(await second).toBe('acknowledged');
  });

  test('one JID that the server refuses does not keep the others out', async () => {
    const { clock, service, nodes } = setUp();
    service.fault = (operation) => (/^affiliations .*b@x/.test(operation) ? 'jid-malformed' : null);
    nodes.online(true);
    nodes.open('1000', ['a@x.test', 'b@x.test']).catch(() => {});
    await clock.advance(100);
    expect([...(service.nodes.get(NODE)?.affiliations.keys() ?? [])]).toEqual(['a@x.test']);
    expect([...(service.nodes.get(NODE)?.subscriptions.keys() ?? [])]).toEqual(['a@x.test', 'b@x.test']);
  });

  test('nothing is swept away before anybody said who is logged in', async () => {
    const { clock, service, nodes } = setUp();
    const empty = () => ({ item: null, affiliations: new Map(), subscriptions: new Map() });
    service.nodes.set(NODE, empty());
    service.nodes.set('princely_musings', empty());
    nodes.online(true);
    await clock.advance(100);
    expect([...service.nodes.keys()]).toEqual([NODE, 'princely_musings']);
    nodes.reconcile(new Map(), []).catch(() => {});
    await clock.advance(100);
    expect([...service.nodes.keys()]).toEqual(['princely_musings']);
  });

  test('a fresh session finds out what is there and makes it true', async () => {
    const { clock, service, nodes, offer } = setUp();
    nodes.online(true);
    nodes.reconcile(new Map([['1000', []]]), []).catch(() => {});
    await clock.advance(100);
    nodes.offline();
    service.isOnline = false;
    nodes.put(offer('a'), 'connected');
    service.nodes.clear();
    service.nodes.set('extension9', { item: null, affiliations: new Map(), subscriptions: new Map() });
    service.isOnline = true;
    nodes.online(true);
    await clock.advance(100);
    expect([...service.nodes].map(([name, { item }]) => [name, item])).toEqual([
      [NODE, { id: 'a', state: 'connected' }],
    ]);
  });

  test('whatever is told, and however the server fails meanwhile: in the end the node is as it should be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
        const world = setUp();
        const { clock, service, nodes } = world;
        service.latencyMs = () => 7;
        nodes.online(true);
        const model: Model = { isOpen: false, item: null, ended: new Set() };
        for (const step of steps) await take(step, world, model);
        service.fault = () => null;
        service.isOnline = true;
        nodes.offline();
        nodes.online(true);
        await clock.advance(200_000);
        expect(service.nodes.get(NODE)?.item ?? null).toEqual(model.item);
        expect(service.nodes.has(NODE)).toBe(model.isOpen);
        expect(service.mostAtOnce).toBeLessThanOrEqual(1);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

type Step =
  | { readonly do: 'put'; readonly id: string; readonly state: CallState }
  | { readonly do: 'open' | 'close' }
  | { readonly do: 'cut' | 'resume' | 'fresh' | 'fail' | 'mend' | 'vanish' }
  | { readonly do: 'wait'; readonly ms: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      state: fc.constantFrom<CallState>('ringing', 'connected', 'ended'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'close' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut' as const,
        'resume' as const,
        'fresh' as const,
        'fail' as const,
        'mend' as const,
        'vanish' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(40), fc.integer({ min: 490, max: 510 })),
    }),
  },
);

/** What the node should be in the end, told in the fewest words. */
interface Model {
  isOpen: boolean;
  item: { readonly id: string; readonly state: CallState } | null;
  readonly ended: Set<string>;
}

async function take(
  step: Step,
  { clock, service, nodes, offer }: ReturnType<typeof setUp>,
  model: Model,
): Promise<void> {
  switch (step.do) {
    case 'open':
    case 'close':
      model.isOpen = step.do === 'open';
      if (!model.isOpen) model.item = null;
      (model.isOpen ? nodes.open('1000', ['crm@ivr.test']) : nodes.close('1000')).catch(() => {});
      return;
    case 'put':
      // A lane that is closed may be forgotten with the ends it knows: nobody asks it again.
      if (model.isOpen) {
        expectPut(step.id, step.state, model);
        nodes.put(offer(step.id), step.state);
      }
      return;
    case 'wait':
      await clock.advance(step.ms);
      return;
    default:
      disturb(step.do, service, nodes);
  }
}

function expectPut(id: string, state: CallState, model: Model): void {
  const isOver = model.ended.has(id);
  if (state === 'ended') model.ended.add(id);
  const isOlder = state === 'ended' && model.item !== null && model.item.id !== id;
  if (!isOver && !isOlder) model.item = state === 'ended' ? null : { id, state };
}

function disturb(what: string, service: FakePubsubService, nodes: Nodes): void {
  if (what === 'cut') {
    service.isOnline = false;
    nodes.offline();
  } else if (what === 'resume' || what === 'fresh') {
    service.isOnline = true;
    nodes.online(what === 'fresh');
  } else if (what === 'vanish') service.nodes.clear();
  else service.fault = what === 'fail' ? () => 'timeout' : () => null;
}
